"""Answers that are complete at once leave in one system call."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

__all__ = ["WholeAnswers"]

_UNUSUAL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\n(?:connection|transfer-encoding):")
_BODILESS = frozenset({204, 304})


class WholeAnswers(RequestResponseCycle):
    """uvicorn's side of an ASGI call. A head that announces a length waits for the body, and leaves with it.

    Anything unusual is left to the base class: bodies in parts, connections that end, full buffers, wrong lengths.
    """

    _start: Any = None
    _default_block: tuple[object, bytes] = (None, b"")

    async def send(self, message: ASGISendEvent) -> None:
        """ASGI's ``send``."""
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
        await super().send(message)

    def _sent_whole(self, start: Any, message: Any) -> bool:
        if message.get("more_body") or not self.keep_alive or self.disconnected or self.flow.write_paused:
            return False
        head = self._head(start["headers"])
        body: bytes = message.get("body", b"")
        status: int = start["status"]
        if head is None or self.access_log or status in _BODILESS or self.scope["method"] == "HEAD":
            return False
        if b"\ncontent-length: %d\r\n" % len(body) not in head:
            return False
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(b"%b%b%b\r\n%b" % (STATUS_LINE[status], self._defaults(), head, body))
        self.message_event.set()
        self.on_response()
        return True

    @staticmethod
    def _head(headers: list[tuple[bytes, bytes]]) -> bytes | None:
        """The header lines, when there is nothing in them that asks for a closer look."""
        head = b"".join([b"%b: %b\r\n" % header for header in headers])
        if head.count(b"\n") != len(headers) or head.count(b"\r") != len(headers) or _UNUSUAL.search(head):
            return None
        return head

    def _defaults(self) -> bytes:
        """The lines of ``default_headers``, of which the server makes a new list every second."""
        known, block = WholeAnswers._default_block
        if known is not self.default_headers:
            block = b"".join([b"%b: %b\r\n" % header for header in self.default_headers])
            WholeAnswers._default_block = self.default_headers, block
        return block


def _announces_length(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-length" for name, _ in headers)
