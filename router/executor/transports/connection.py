"""One keep-alive HTTP/1.1 connection: writes a request, parses the answer with httptools, one exchange at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import httptools

from router.executor.transports.protocol import SubgraphProtocolError, SubgraphResponse, SubgraphUnreachable

if TYPE_CHECKING:
    from router.executor.transports.pool import OriginPool

__all__ = ["ClosedBeforeAnswer", "Connection"]


class ClosedBeforeAnswer(SubgraphUnreachable):
    """The peer closed the connection before the first byte of an answer."""


class Connection(asyncio.Protocol):
    """States: idle (``waiter`` is None), or in an exchange (``waiter`` is the future of its answer).

    A connection is reusable only after an exchange whose answer was complete, allowed keep-alive, and had nothing
    behind it; any other end aborts it.
    """

    __slots__ = (
        "_body",
        "_content_type",
        "_has_length",
        "_parser",
        "_received",
        "_transport",
        "_until_close",
        "deadline",
        "idle_since",
        "pool",
        "reusable",
        "waiter",
    )

    def __init__(self, pool: OriginPool) -> None:
        self.pool = pool
        self.waiter: asyncio.Future[SubgraphResponse] | None = None
        self.deadline = 0.0
        self.idle_since = 0.0
        self.reusable = False
        self._received = 0
        self._body: list[bytes] = []
        self._content_type = b""
        self._has_length = False
        self._until_close = False

    def ask(self, request: bytes, deadline: float) -> asyncio.Future[SubgraphResponse]:
        """Write the request; the future ends with its answer, or with why there is none."""
        self.deadline = deadline
        self.reusable = False
        self._received = 0
        self.waiter = waiter = self.pool.loop.create_future()
        self._transport.write(request)
        return waiter

    def fail(self, error: Exception) -> None:
        """End the exchange with ``error`` and the connection with it."""
        waiter, self.waiter = self.waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)
        self.abort()

    def abort(self) -> None:
        self.reusable = False
        self._transport.abort()

    @property
    def closing(self) -> bool:
        return self._transport.is_closing()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        if self.waiter is None:  # nobody asked: what comes now could be taken for the next answer
            self.abort()
            return
        self._received += len(data)
        if self._received > self.pool.limits.max_answer_bytes:
            self.fail(SubgraphProtocolError(f"the answer exceeds {self.pool.limits.max_answer_bytes} bytes"))
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.fail(SubgraphProtocolError("the answer switches protocols"))
        except httptools.HttpParserError as error:
            self.fail(SubgraphProtocolError(f"the answer is not HTTP/1.1: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        self.reusable = False
        if self.waiter is not None:
            self._end_by_close(exc)
        self.pool.forget(self)

    def _end_by_close(self, exc: Exception | None) -> None:
        if exc is None and self._until_close and self._parser.get_status_code() >= 200:
            self._complete()  # RFC 9112 §6.3: without length and coding the body ends with the connection
        elif self._received:
            self.fail(SubgraphUnreachable("the connection closed before the answer was complete"))
        else:
            self.fail(ClosedBeforeAnswer("the connection closed before an answer"))

    # httptools callbacks, in the order of an answer

    def on_message_begin(self) -> None:
        self.reusable = False  # also when it is a second message behind the answer
        self._body = []
        self._content_type = b""
        self._has_length = False
        self._until_close = False

    def on_header(self, name: bytes, value: bytes) -> None:
        match len(name):
            case 12 if name.lower() == b"content-type":
                self._content_type = value
            case 14 if name.lower() == b"content-length":
                self._has_length = True
            case 17 if name.lower() == b"transfer-encoding":
                self._has_length = True

    def on_headers_complete(self) -> None:
        self._until_close = not self._has_length

    def on_body(self, part: bytes) -> None:
        self._body.append(part)

    def on_message_complete(self) -> None:
        if self.waiter is not None and self._parser.get_status_code() >= 200:  # 1xx: the real answer follows
            self.reusable = self._parser.should_keep_alive()
            self._complete()

    def _complete(self) -> None:
        waiter, self.waiter = self.waiter, None
        if waiter is not None and not waiter.done():
            body = self._body
            waiter.set_result(
                SubgraphResponse(
                    self._parser.get_status_code(),
                    self._content_type.decode("latin-1"),
                    body[0] if len(body) == 1 else b"".join(body),
                )
            )
