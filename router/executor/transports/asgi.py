"""A subgraph in this process: one ASGI call per request, with the bytes a socket would have carried."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote, urlsplit

from router.executor.transports.protocol import (
    FIXED_HEADERS,
    Headers,
    SubgraphResponse,
    SubgraphTimeout,
    SubgraphUnreachable,
)

__all__ = ["AsgiTransport"]

Message = MutableMapping[str, Any]
AsgiApp = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

_log = logging.getLogger(__name__)


class AsgiTransport:
    """Calls ``app`` as a server would; whoever owns the app runs its lifespan.

    Each call runs in a task and a context of its own, so neither context variables nor cancellation cross the border:
    who gives up waiting is, for the app, a client that disconnected.
    """

    def __init__(self, app: AsgiApp, url: str = "http://subgraph/graphql") -> None:
        parts = urlsplit(url)
        host = parts.netloc.encode("ascii")
        self.app = app
        self.url = url
        self._path = unquote(parts.path or "/")
        self._raw_path = (parts.path or "/").encode("ascii")
        self._query = parts.query.encode("ascii")
        self._headers = [(b"host", host), *FIXED_HEADERS]
        self._server = (parts.hostname or "subgraph", parts.port or 80)
        self._calls: set[_Call] = set()
        self._closed = False

    async def post(self, body: bytes, headers: Headers, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109 - part of the protocol
        if self._closed:
            raise SubgraphUnreachable("the transport is closed")
        loop = asyncio.get_running_loop()
        call = _Call(body, loop.create_future())
        task = loop.create_task(call.run(self.app, self._scope(body, headers)), context=contextvars.Context())
        call.task = task
        self._calls.add(call)
        task.add_done_callback(lambda _: self._calls.discard(call))
        overdue = loop.call_later(timeout, call.fail, SubgraphTimeout("no complete answer in time"))
        try:
            return await call.answer
        finally:
            overdue.cancel()
            call.disconnect()

    async def aclose(self) -> None:
        """Fail the calls in flight and cancel what they run."""
        self._closed = True
        calls = [*self._calls]
        for call in calls:
            call.fail(SubgraphUnreachable("the transport is closed"))
            call.disconnect()
            call.task.cancel()
        await asyncio.gather(*[call.task for call in calls], return_exceptions=True)

    def _scope(self, body: bytes, headers: Headers) -> Message:
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": self._path,
            "raw_path": self._raw_path,
            "query_string": self._query,
            "root_path": "",
            "headers": [*self._headers, *headers, (b"content-length", b"%d" % len(body))],
            "client": ("127.0.0.1", 0),
            "server": self._server,
            "state": {},
        }


class _Call:
    """One request as the app sees it. ``answer`` ends when the answer is complete, which may be before the app ends."""

    __slots__ = ("_body", "_content_type", "_gone", "_parts", "_status", "answer", "task")

    task: asyncio.Task[None]

    def __init__(self, body: bytes, answer: asyncio.Future[SubgraphResponse]) -> None:
        self.answer = answer
        self._body: bytes | None = body
        self._gone: asyncio.Event | None = None
        self._status = 0
        self._content_type = ""
        self._parts: list[bytes] = []

    async def run(self, app: AsgiApp, scope: Message) -> None:
        try:
            await app(scope, self._receive, self._send)
        except Exception:
            _log.exception("subgraph application failed")
        if not self.answer.done():
            self._end_without_answer()

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)

    def disconnect(self) -> None:
        """From now on the app is told that nobody listens."""
        self._body = None
        if self._gone is None:
            self._gone = asyncio.Event()
        self._gone.set()

    async def _receive(self) -> Message:
        body, self._body = self._body, None
        if body is not None:
            return {"type": "http.request", "body": body, "more_body": False}
        if self._gone is None:
            self._gone = asyncio.Event()
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            for name, value in message.get("headers", ()):
                if name.lower() == b"content-type":
                    self._content_type = value.decode("latin-1")
        elif message["type"] == "http.response.body":
            self._parts.append(message.get("body", b""))
            if not message.get("more_body", False) and not self.answer.done():
                self.answer.set_result(SubgraphResponse(self._status, self._content_type, b"".join(self._parts)))

    def _end_without_answer(self) -> None:
        """As a server does: 500 when nothing was sent yet, otherwise a connection that breaks off."""
        if self._status:
            self.fail(SubgraphUnreachable("the connection closed before the answer was complete"))
        else:
            self.answer.set_result(SubgraphResponse(500, "text/plain; charset=utf-8", b"Internal Server Error"))
