"""Following a subgraph over graphql-transport-ws: a real client against real servers, most of which misbehave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve, unix_serve

from router.executor import SubgraphProtocolError, SubgraphTimeout, SubgraphUnreachable
from router.executor.streams import StreamLimits, StreamRefused, WebSocketStreams

BODY = b'{"query":"subscription{tick}"}'
LIMITS = StreamLimits(connect_timeout=5, ack_timeout=0.5, max_event_bytes=10_000)


class Peer:
    """What the server saw."""

    def __init__(self) -> None:
        self.url = ""
        self.received: list[dict[str, Any]] = []
        self.headers: dict[str, str] = {}
        self.subscribed = asyncio.Event()
        self.ended = asyncio.Event()


@asynccontextmanager
async def peer(handle: Callable[[ServerConnection, Peer], Awaitable[None]], **options: Any) -> AsyncIterator[Peer]:
    seen = Peer()

    async def run(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.headers = dict(connection.request.headers.raw_items())
        try:
            await handle(connection, seen)
        finally:
            seen.ended.set()

    async with serve(run, "127.0.0.1", 0, **{"subprotocols": ["graphql-transport-ws"], **options}) as server:
        seen.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/graphql"
        yield seen


async def receive(connection: ServerConnection, seen: Peer) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await connection.recv())
    seen.received.append(message)
    return message


async def shake_hands(connection: ServerConnection, seen: Peer) -> None:
    await receive(connection, seen)
    await connection.send('{"type":"connection_ack"}')
    await receive(connection, seen)
    seen.subscribed.set()


async def follow(url: str, take: int = 1000, limits: StreamLimits = LIMITS) -> list[Any]:
    found = []
    async with aclosing(WebSocketStreams(url, limits=limits).follow(BODY, [(b"authorization", b"Bearer x")])) as events:
        async for event in events:
            found.append(json.loads(event))
            if len(found) == take:
                break
    return found


async def test_events_arrive_in_order_and_the_identity_goes_ahead() -> None:
    async def handle(connection: ServerConnection, seen: Peer) -> None:
        await shake_hands(connection, seen)
        await connection.send('{"type":"ping"}')
        for number in range(3):
            await connection.send(json.dumps({"id": "1", "type": "next", "payload": {"data": {"tick": number}}}))
        await connection.send('{"id":"1","type":"complete"}')
        seen.received.append(json.loads(await connection.recv()))

    async with peer(handle) as seen:
        assert await follow(seen.url) == [{"data": {"tick": number}} for number in range(3)]
        await seen.ended.wait()
    assert seen.headers["authorization"] == "Bearer x"
    assert seen.received == [
        {"type": "connection_init", "payload": {"authorization": "Bearer x"}},
        {"id": "1", "type": "subscribe", "payload": {"query": "subscription{tick}"}},
        {"type": "pong"},
    ]


async def test_who_stops_following_says_complete() -> None:
    async def handle(connection: ServerConnection, seen: Peer) -> None:
        await shake_hands(connection, seen)
        for number in range(2):
            await connection.send(json.dumps({"id": "1", "type": "next", "payload": {"data": {"tick": number}}}))
        await receive(connection, seen)
        await connection.wait_closed()

    async with peer(handle) as seen:
        assert await follow(seen.url, take=1) == [{"data": {"tick": 0}}]
        await seen.ended.wait()
    assert seen.received[-1] == {"id": "1", "type": "complete"}


async def test_cancelling_ends_the_stream_at_the_subgraph() -> None:
    async def handle(connection: ServerConnection, seen: Peer) -> None:
        await shake_hands(connection, seen)
        await receive(connection, seen)

    async with peer(handle) as seen:
        task = asyncio.create_task(follow(seen.url))
        await seen.subscribed.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await seen.ended.wait()
    assert seen.received[-1] == {"id": "1", "type": "complete"}


async def test_errors_of_the_subgraph_are_its_refusal() -> None:
    async def handle(connection: ServerConnection, seen: Peer) -> None:
        await shake_hands(connection, seen)
        await connection.send('{"id":"1","type":"error","payload":[{"message":"No."}]}')
        await connection.wait_closed()

    async with peer(handle) as seen:
        with pytest.raises(StreamRefused) as refused:
            await follow(seen.url)
    assert refused.value.errors == [{"message": "No."}]


async def _never_acknowledges(connection: ServerConnection, seen: Peer) -> None:
    await connection.wait_closed()


async def _acknowledges_something_else(connection: ServerConnection, seen: Peer) -> None:
    await connection.send('{"type":"hello"}')
    await connection.wait_closed()


async def _drops(connection: ServerConnection, seen: Peer) -> None:
    await shake_hands(connection, seen)
    connection.transport.abort()


async def _closes(connection: ServerConnection, seen: Peer) -> None:
    await shake_hands(connection, seen)
    await connection.close(1012)


async def _forbids(connection: ServerConnection, seen: Peer) -> None:
    await connection.close(4403)


def _sends(text: str | bytes) -> Callable[[ServerConnection, Peer], Awaitable[None]]:
    async def handle(connection: ServerConnection, seen: Peer) -> None:
        await shake_hands(connection, seen)
        await connection.send(text)
        await connection.wait_closed()

    return handle


@pytest.mark.parametrize(
    ("handle", "kind", "words"),
    [
        (_never_acknowledges, SubgraphTimeout, "acknowledge"),
        (_acknowledges_something_else, SubgraphProtocolError, "'hello' instead of connection_ack"),
        (_drops, SubgraphUnreachable, "code 1006"),
        (_closes, SubgraphUnreachable, "code 1012"),
        (_forbids, StreamRefused, "errors"),
        (_sends("junk"), SubgraphProtocolError, "not a graphql-transport-ws message"),
        (_sends("[]"), SubgraphProtocolError, "not a graphql-transport-ws message"),
        (_sends(b'{"type":"next"}'), SubgraphProtocolError, "not a graphql-transport-ws message"),
        (_sends('{"type":"next","id":"2","payload":{}}'), SubgraphProtocolError, "unexpected message of type 'next'"),
        (_sends('{"type":"next","id":"1","payload":7}'), SubgraphProtocolError, "unexpected message of type 'next'"),
        (_sends('{"type":"error","id":"1"}'), SubgraphProtocolError, "says nothing"),
        (_sends("x" * 20_000), SubgraphProtocolError, "larger than is allowed"),
    ],
)
async def test_a_misbehaving_subgraph_ends_the_stream_with_a_precise_error(
    handle: Callable[[ServerConnection, Peer], Awaitable[None]], kind: type[Exception], words: str
) -> None:
    async with peer(handle) as seen:
        with pytest.raises(kind, match=words):
            await follow(seen.url)
        await asyncio.wait_for(seen.ended.wait(), 10)


async def test_a_server_that_speaks_something_else() -> None:
    async with peer(_never_acknowledges, subprotocols=None) as seen:
        with pytest.raises(SubgraphProtocolError, match="graphql-transport-ws"):
            await follow(seen.url)


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[str]:
    """A server that answers every request alike and then waits for its client to leave; gives its URL."""
    ended = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await reader.read()
        writer.close()
        await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/graphql"
        await asyncio.wait_for(ended.wait(), 10)


async def test_a_server_that_refuses_the_upgrade() -> None:
    async with answering(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n") as url:
        with pytest.raises(SubgraphUnreachable, match="HTTP status 503"):
            await follow(url)


async def test_nobody_there() -> None:
    with pytest.raises(SubgraphUnreachable, match="cannot connect"):
        await follow("http://127.0.0.1:1/graphql")


async def test_a_server_that_never_answers_the_upgrade() -> None:
    async with answering(b"") as url:
        with pytest.raises(SubgraphTimeout, match="not established"):
            await follow(url, limits=StreamLimits(connect_timeout=0.3))


async def test_over_a_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "s.sock")

    async def run(connection: ServerConnection) -> None:
        await shake_hands(connection, Peer())
        await connection.send('{"id":"1","type":"next","payload":{"data":{"tick":1}}}')
        await connection.send('{"id":"1","type":"complete"}')
        await connection.wait_closed()

    async with unix_serve(run, path, subprotocols=["graphql-transport-ws"]):  # type: ignore[list-item]
        url = f"http+unix://{path.replace('/', '%2F')}/graphql"
        assert await follow(url) == [{"data": {"tick": 1}}]


@pytest.mark.parametrize("url", ["ftp://somewhere/graphql", "graphql", "ws:///graphql"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not an http"):
        WebSocketStreams(url)
