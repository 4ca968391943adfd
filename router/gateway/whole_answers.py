"""Answers that are complete at once leave in one system call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from router.gateway.whole_response import WHOLE_RESPONSE

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application, ASGIReceiveEvent, ASGISendEvent, HTTPScope

    from router.gateway.http_protocol import BoundedHttpProtocol

__all__ = ["WholeAnswers"]

_CONTROLS = bytes([*range(9), 11, 12, *range(14, 32), 127])
"""Of which none may stand in a header; tabulators may, and line ends are counted."""
_BODILESS = frozenset({204, 304})
_DECIDING = (b"connection:", b"transfer-encoding:")


class WholeAnswers(RequestResponseCycle):
    """uvicorn's side of an ASGI call. A head that announces a length waits for the body, and leaves with it.

    Anything unusual is left to the base class: bodies in parts, connections that end, full buffers, wrong lengths.
    """

    access_log = False
    logger = logging.getLogger("uvicorn.error")
    disconnected = False
    more_body = True
    response_started = False
    response_complete = False
    chunked_encoding = None
    expected_content_length = 0

    _start: Any = None
    _default_block: tuple[object, bytes] = (None, b"")

    def __init__(self, protocol: BoundedHttpProtocol, scope: HTTPScope, keep_alive: bool) -> None:
        """Sets what the base class sets, as far as it differs from call to call."""
        self.scope = scope
        self._protocol = protocol
        self.transport = protocol.transport
        self.flow = protocol.flow
        self.default_headers = protocol.server_state.default_headers
        self.message_event = asyncio.Event()
        self.on_response = protocol.on_response_complete
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = protocol.expect_100_continue
        self.body = bytearray()

    async def run_asgi(self, app: ASGI3Application) -> None:
        """Call the application. Instead of the base class's, which takes an answer that the server cuts for a fault."""
        try:
            await app(self.scope, self.receive, self.send)
        except asyncio.CancelledError:
            self.logger.warning("An answer was cut because the server ended.")
            await self._break_off()
        except Exception:
            self.logger.exception("Exception in ASGI application")
            await self._break_off()
        else:
            if not (self.response_complete or self.disconnected):
                self.logger.error("The ASGI application returned without completing its answer.")
                await self._break_off()
        finally:
            self.on_response = _nothing
            self._protocol.tasks.discard(asyncio.current_task(self._protocol.loop))

    async def _break_off(self) -> None:
        """End an answer that nothing more comes of: so that the client sees it, or with one that says so."""
        if self.response_started:
            self.transport.close()
        else:
            await self.send_500_response()

    async def receive(self) -> ASGIReceiveEvent:
        """ASGI's ``receive``. A body that is there is given away without waiting for it."""
        arrived = self.message_event
        if self.more_body or self.waiting_for_100_continue or self.response_complete or not arrived.is_set():
            return await super().receive()
        arrived.clear()
        if self.disconnected:
            return {"type": "http.disconnect"}
        self.flow.resume_reading()
        body, self.body = bytes(self.body), bytearray()
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: ASGISendEvent) -> None:
        """ASGI's ``send``, with the extension ``whole_response``."""
        if message["type"] == WHOLE_RESPONSE:
            await self._send_whole(message)
            return
        if not self.response_started:
            if message["type"] == "http.response.start":
                if _announces_length(message.get("headers", ())):
                    self._start = message
                    return
            elif self._start is not None:
                start, self._start = self._start, None
                if self._sent_whole(start, message):
                    return
                await super().send(start)
        if not self.keep_alive and self.more_body:
            self.transport = cast("asyncio.Transport", _Lingering(self._protocol))
        if self.scope["http_version"] == "1.0" and not self.response_complete:
            await self._send_to_the_end(message)
        else:
            await super().send(message)

    async def _send_to_the_end(self, message: Any) -> None:
        """An answer of unknown length to a client that knows no chunks ends with its connection (RFC 9112 §6.3)."""
        if message["type"] == "http.response.start" and not _announces_length(message.get("headers", ())):
            self.chunked_encoding = False
            self.expected_content_length = -1
        if message["type"] == "http.response.start" or self.expected_content_length >= 0:
            await super().send(message)
            return
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if self.scope["method"] != "HEAD":
            self.transport.write(message.get("body", b""))
        if not message.get("more_body"):
            self.response_complete = True
            self.message_event.set()
            self.transport.close()
            self.on_response()

    def _sent_whole(self, start: Any, message: Any) -> bool:
        if message.get("more_body") or not self.keep_alive or self.disconnected or self.flow.write_paused:
            return False
        head = _head(start["headers"])
        body: bytes = message.get("body", b"")
        status: int = start["status"]
        if head is None or status in _BODILESS or self.scope["method"] == "HEAD":
            return False
        if b"\ncontent-length: %d\r\n" % len(body) not in head:
            return False
        self._write_whole(status, head, body)
        return True

    async def _send_whole(self, message: Any) -> None:
        status, lines, body = message["status"], message["lines"], message["body"]
        if self.keep_alive and not self.disconnected and not self.flow.write_paused:
            self._write_whole(status, lines, body)
            return
        headers = [tuple(line.split(b": ", 1)) for line in lines.split(b"\r\n")[:-1]]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    def _write_whole(self, status: int, lines: bytes, body: bytes) -> None:
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(b"%b%b%b\r\n%b" % (STATUS_LINE[status], self._defaults(), lines, body))
        self.message_event.set()
        self.on_response()

    def _defaults(self) -> bytes:
        """The lines of ``default_headers``, of which the server makes a new list every second."""
        known, block = WholeAnswers._default_block
        if known is not self.default_headers:
            block = b"".join([b"%b: %b\r\n" % header for header in self.default_headers])
            WholeAnswers._default_block = self.default_headers, block
        return block


class _Lingering:
    """What the base class needs of a transport, for a client that has not sent all: closing lets it do so."""

    def __init__(self, protocol: BoundedHttpProtocol) -> None:
        self.write = protocol.transport.write
        self.is_closing = protocol.transport.is_closing
        self.close = protocol.linger


def _nothing() -> None:
    """What is left to do for a response that nobody makes any more."""


def _head(headers: list[tuple[bytes, bytes]]) -> bytes | None:
    """The header lines, when there is nothing in them that asks for a closer look."""
    head = b"".join([b"%b: %b\r\n" % header for header in headers])
    if head.count(b"\n") != len(headers) or head.count(b"\r") != len(headers):
        return None
    if b"\nconnection:" in head or b"\ntransfer-encoding:" in head or head.startswith(_DECIDING):
        return None
    return head if len(head.translate(None, _CONTROLS)) == len(head) else None


def _announces_length(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    for name, _ in headers:  # noqa: SIM110 - a generator costs as much as the whole loop
        if name == b"content-length":
            return True
    return False
