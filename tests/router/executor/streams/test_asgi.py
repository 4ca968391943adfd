"""Following a subgraph in this process: the application sees an ordinary WebSocket."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from router.executor import SubgraphProtocolError, SubgraphTimeout, SubgraphUnreachable
from router.executor.streams import AsgiStreams, StreamLimits

BODY = b'{"query":"subscription{tick}"}'
LIMITS = StreamLimits(connect_timeout=0.5, ack_timeout=0.5, max_event_bytes=1_000)


class App:
    """Ticks until its client leaves; counts what it could send."""

    def __init__(self, limit: int = 1_000_000, then: str = "complete", text: str | None = None) -> None:
        self.sent = 0
        self.scope: Scope = {}
        self.received: list[Any] = []
        self.ended = asyncio.Event()
        self._limit = limit
        self._then = then
        self._text = text

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept", "subprotocol": scope["subprotocols"][0]})
        self.received.append(json.loads((await receive())["text"]))
        await send({"type": "websocket.send", "text": '{"type":"connection_ack"}'})
        self.received.append(json.loads((await receive())["text"]))
        try:
            while self.sent < self._limit:
                payload = {"data": {"tick": self.sent}}
                text = self._text or json.dumps({"id": "1", "type": "next", "payload": payload})
                await send({"type": "websocket.send", "text": text})
                self.sent += 1
            if self._then == "complete":
                await send({"type": "websocket.send", "text": '{"id":"1","type":"complete"}'})
                self.received.append(await receive())
            elif self._then == "close":
                await send({"type": "websocket.close", "code": 1012})
            elif self._then == "fail":
                raise RuntimeError("the application is broken")
        finally:
            self.ended.set()


async def follow(app: Any, take: int = 1000) -> list[Any]:
    found = []
    async with aclosing(AsgiStreams(app, limits=LIMITS).follow(BODY, [(b"authorization", b"Bearer x")])) as events:
        async for event in events:
            found.append(json.loads(event)["data"]["tick"])
            if len(found) == take:
                break
    return found


async def test_events_arrive_in_order_until_the_stream_is_complete() -> None:
    app = App(limit=5)
    assert await follow(app) == [0, 1, 2, 3, 4]
    assert app.received == [
        {"type": "connection_init", "payload": {"authorization": "Bearer x"}},
        {"id": "1", "type": "subscribe", "payload": {"query": "subscription{tick}"}},
        {"type": "websocket.disconnect", "code": 1000},
    ]
    assert (b"authorization", b"Bearer x") in app.scope["headers"]


async def test_an_application_waits_for_who_does_not_take() -> None:
    app = App()
    async with aclosing(AsgiStreams(app, limits=LIMITS).follow(BODY, ())) as events:
        await anext(events)
        for _ in range(100):
            await asyncio.sleep(0)
        assert app.sent <= 3
    await asyncio.wait_for(app.ended.wait(), 10)


@pytest.mark.parametrize(("then", "code"), [("close", 1012), ("return", 1006), ("fail", 1011)])
async def test_an_application_that_ends_without_completing(then: str, code: int) -> None:
    with pytest.raises(SubgraphUnreachable, match=f"code {code}"):
        await follow(App(limit=2, then=then))


async def test_an_event_that_is_too_large() -> None:
    with pytest.raises(SubgraphProtocolError, match="larger"):
        await follow(App(text="x" * 2_000))


async def test_an_application_without_websockets() -> None:
    async def closes(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.close"})

    async def sleeps(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(30)

    with pytest.raises(SubgraphUnreachable, match="refused"):
        await follow(closes)
    with pytest.raises(SubgraphTimeout, match="not established"):
        await follow(sleeps)
