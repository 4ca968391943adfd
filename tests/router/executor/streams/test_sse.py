"""Following a subgraph over server-sent events, from servers that keep the protocol and from others."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest

from router.executor import SubgraphProtocolError, SubgraphTimeout, SubgraphUnreachable
from router.executor.streams import StreamLimits, StreamRefused
from router.executor.streams.sse import SseStreams
from tests.router.executor.servers import Exchange, Script, serving

BODY = b'{"query":"subscription{tick}"}'
LIMITS = StreamLimits(connect_timeout=5, ack_timeout=0.3, max_event_bytes=10_000)
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"


async def follow(url: str, limits: StreamLimits = LIMITS) -> list[Any]:
    async with aclosing(SseStreams(url, limits=limits).follow(BODY, [(b"authorization", b"Bearer x")])) as events:
        return [json.loads(event) async for event in events]


def sends(*parts: bytes) -> Script:
    async def script(exchange: Exchange) -> None:
        await exchange.send(_HEAD, *parts, pause=0.01)
        exchange.close()

    return script


async def test_events_in_whatever_pieces_they_come() -> None:
    script = sends(
        b': hello\n\nevent: next\ndata: {"data":\ndata:',
        b' {"tick":1}}\n',
        b'\nevent: next\r\ndata: {"data":{"tick":2}}\r\n\r',
        b"\nretry: 5\nid: 7\n\nevent: complete\ndata:\n\n",
    )
    async with serving(script) as server:
        assert await follow(server.url) == [{"data": {"tick": 1}}, {"data": {"tick": 2}}]
    [exchange] = server.exchanges
    assert b"accept: text/event-stream" in exchange.head.lower()
    assert b"authorization: Bearer x" in exchange.head.replace(b"Authorization", b"authorization")
    assert exchange.body == BODY


async def test_closing_the_stream_closes_the_connection() -> None:
    gone = asyncio.Event()

    async def script(exchange: Exchange) -> None:
        await exchange.send(_HEAD, b'event: next\ndata: {"data":{}}\n\n')
        try:
            while not exchange.writer.is_closing():
                await exchange.send(b": still there\n\n", pause=0.02)
        finally:
            gone.set()

    async with serving(script) as server:
        async with aclosing(SseStreams(server.url, limits=LIMITS).follow(BODY, ())) as events:
            assert await anext(events) == b'{"data":{}}'
        await asyncio.wait_for(gone.wait(), 10)


async def test_errors_instead_of_a_stream() -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.reply(b'{"errors":[{"message":"No."}]}', b"400 Bad Request")

    async with serving(script) as server:
        with pytest.raises(StreamRefused) as refused:
            await follow(server.url)
    assert refused.value.errors == [{"message": "No."}]


async def _an_answer(exchange: Exchange) -> None:
    await exchange.reply(b'{"data":null}')


async def _nothing(exchange: Exchange) -> None:
    await asyncio.sleep(30)


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        (_an_answer, SubgraphProtocolError, "HTTP status 200"),
        (_nothing, SubgraphTimeout, "in time"),
        (sends(b"event: next\n"), SubgraphUnreachable, "without being complete"),
        (sends(b"event: next\ndata: " + b"x" * 20_000), SubgraphProtocolError, "larger than is allowed"),
        (sends(b"event: next\n", *[b"data: " + b"x" * 3_000 + b"\n"] * 5), SubgraphProtocolError, "larger"),
    ],
)
async def test_a_misbehaving_subgraph_ends_the_stream_with_a_precise_error(
    script: Script, kind: type[Exception], words: str
) -> None:
    async with serving(script) as server:
        with pytest.raises(kind, match=words):
            await follow(server.url, StreamLimits(connect_timeout=0.3, ack_timeout=0.3, max_event_bytes=10_000))


async def test_nobody_there() -> None:
    with pytest.raises(SubgraphUnreachable, match="cannot connect"):
        await follow("http://127.0.0.1:1/graphql")
