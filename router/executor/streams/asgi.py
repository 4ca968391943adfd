"""Events of a subgraph in this process: its ASGI application's WebSocket, without a socket."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from urllib.parse import unquote, urlsplit

from router.executor.streams.protocol import StreamLimits
from router.executor.streams.transport_ws import SUBPROTOCOL, SocketClosed, follow_on
from router.executor.transports.asgi import AsgiApp, Message
from router.executor.transports.protocol import Headers, SubgraphProtocolError, SubgraphTimeout, SubgraphUnreachable

__all__ = ["AsgiStreams"]

_END_SECONDS = 1.0

_log = logging.getLogger(__name__)


class AsgiStreams:
    """Calls ``app`` with a WebSocket scope for every stream, in a task and a context of its own."""

    def __init__(self, app: AsgiApp, url: str = "http://subgraph/graphql", limits: StreamLimits | None = None) -> None:
        parts = urlsplit(url)
        self._app = app
        self._host = parts.netloc.encode("ascii")
        self._path = parts.path or "/"
        self._query = parts.query.encode("ascii")
        self._limits = limits or StreamLimits()

    async def follow(self, body: bytes, headers: Headers) -> AsyncGenerator[bytes, None]:
        socket = _AppSocket(self._limits.max_event_bytes)
        socket.start(self._app, self._scope(headers))
        try:
            await socket.connect(self._limits.connect_timeout)
            async with aclosing(follow_on(socket, body, headers, self._limits)) as events:
                async for event in events:
                    yield event
        finally:
            await socket.end()

    def _scope(self, headers: Headers) -> Message:
        return {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": unquote(self._path),
            "raw_path": self._path.encode("ascii"),
            "query_string": self._query,
            "root_path": "",
            "headers": [(b"host", self._host), (b"user-agent", b"stoa"), *headers],
            "client": ("127.0.0.1", 0),
            "server": ("subgraph", 80),
            "subprotocols": [SUBPROTOCOL],
            "state": {},
        }


class _AppSocket:
    """The far end of an application's WebSocket. A message it sends waits until it is taken, as on a full socket."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue(1)
        self._task: asyncio.Task[None] | None = None
        self._gone = False

    def start(self, app: AsgiApp, scope: Message) -> None:
        loop = asyncio.get_running_loop()
        self._to_app.put_nowait({"type": "websocket.connect"})
        self._task = loop.create_task(self._run(app, scope), context=contextvars.Context())

    async def connect(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                message = await self._from_app.get()
        except TimeoutError:
            raise SubgraphTimeout("the connection was not established in time") from None
        if message["type"] != "websocket.accept":
            raise SubgraphUnreachable("the subgraph refused the WebSocket")
        if message.get("subprotocol") != SUBPROTOCOL:
            raise SubgraphProtocolError(f"the subgraph does not speak {SUBPROTOCOL}")

    async def send(self, text: str) -> None:
        await self._to_app.put({"type": "websocket.receive", "text": text})

    async def receive(self) -> str | bytes:
        message = await self._from_app.get()
        if message["type"] != "websocket.send":
            raise SocketClosed(message.get("code", 1000), message.get("reason") or "")
        content: str | bytes | None = message.get("text")
        if content is None:
            content = message.get("bytes") or b""
        if len(content) > self._max_bytes:
            raise SocketClosed(1009)
        return content

    async def end(self) -> None:
        """Tell the app that its client is gone, and see that it ends."""
        if self._task is None:
            return
        self._gone = True
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1000})
        while not self._from_app.empty():
            self._from_app.get_nowait()
        _, running = await asyncio.wait({self._task}, timeout=_END_SECONDS)
        if running:
            self._task.cancel()
            await asyncio.wait(running, timeout=_END_SECONDS)

    async def _run(self, app: Any, scope: Message) -> None:
        code = 1006
        try:
            await app(scope, self._to_app.get, self._send)
        except Exception:
            if self._gone:
                return
            _log.exception("subgraph application failed")
            code = 1011
        if not self._gone:
            await self._from_app.put({"type": "websocket.close", "code": code})

    async def _send(self, message: Message) -> None:
        if self._gone:
            raise OSError("the client has disconnected")  # ASGI, "Send - send event"
        await self._from_app.put(message)
