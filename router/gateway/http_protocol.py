"""uvicorn's HTTP/1.1 protocol with bounds that it does not have itself.

A request head that is still incomplete after 64 KB is answered with 431; one that is still incomplete after twenty
seconds is not answered at all. A client that takes nothing of what waits for it for twenty seconds is disconnected.
Without these a connection could hold memory, or itself, for ever.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser, parse_url
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from router.gateway.stalled_writes import StalledWrites
from router.gateway.websocket_protocol import BoundedWebSocketProtocol
from router.gateway.whole_answers import WholeAnswers
from router.gateway.whole_response import EXTENSIONS

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

__all__ = ["BoundedHttpProtocol", "protocol_settings"]

_MAX_HEAD_BYTES = 65_536
_MAX_HEAD_SECONDS = 20.0
_MAX_LINGER_SECONDS = 5.0
"""How long a client that was answered may go on sending."""
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


def protocol_settings(max_message_bytes: int) -> dict[str, Any]:
    """What a ``uvicorn.Config`` needs to serve with this protocol and the one for WebSockets.

    ``max_message_bytes`` bounds what a WebSocket sends at once. Messages are not compressed: that costs memory per
    connection, and tells secrets by their length.
    """
    return {
        "http": BoundedHttpProtocol,
        "ws": BoundedWebSocketProtocol,
        "ws_max_size": max_message_bytes,
        "ws_per_message_deflate": False,
        "ws_ping_interval": 20.0,
        "ws_ping_timeout": 20.0,
    }


class BoundedHttpProtocol(HttpToolsProtocol):
    """Counts a head only while it is incomplete, so a request that comes in one piece costs nothing more."""

    _in_head = True
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None
    _stalled: StalledWrites | None = None
    _idle_since = 0.0
    _idle_timer: asyncio.TimerHandle | None = None
    _lingering: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base class
        """Start to wait for the first head."""
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Parse, then see whether a head is still incomplete."""
        if self._lingering is not None:
            return
        self._unset_keepalive_if_required()
        try:
            self._parse(data)
        except HttpParserError:
            self.logger.warning("Invalid HTTP request received.")
            self.send_400_response("Invalid HTTP request received.")
            return
        if not self._in_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > _MAX_HEAD_BYTES:
            self.transport.write(_TOO_LARGE)
            self.linger()
        elif self._head_timer is None:
            self._wait_for_head()

    def linger(self) -> None:
        """End the answer, and close when the client has done so, too.

        A client still sends: closing at once would reset the connection, which takes from it what it has not read.
        """
        if not self.transport.can_write_eof():
            self.transport.close()
        elif self._lingering is None:
            self._lingering = self.loop.call_later(_MAX_LINGER_SECONDS, self.transport.abort)
            self.transport.write_eof()
            self.flow.resume_reading()

    def _parse(self, data: bytes) -> None:
        """Feed the parser. It stops behind a head that asks for an upgrade, and takes the rest for no HTTP."""
        while True:
            try:
                self.parser.feed_data(data)
            except HttpParserUpgrade as stopped:
                if self._should_upgrade():
                    self.handle_websocket_upgrade()
                    return
                if self.parser.get_method() == b"CONNECT":
                    return  # it was refused, and what follows is for nobody
                head, data = self._head_without_upgrade(), data[stopped.args[0] :]
                self.parser = HttpRequestParser(self)
                self.parser.feed_data(head)
            else:
                return

    def _should_upgrade(self) -> bool:
        """Whether a WebSocket begins. Other upgrades are passed over (RFC 9110 §7.8), such as clients offer HTTP/2."""
        return self.parser.get_method() == b"GET" and super()._should_upgrade()

    def _passes_over_upgrade(self) -> bool:
        """Whether the parser stops behind this head, and is then given it again without the upgrade."""
        parser = self.parser
        return parser.should_upgrade() and parser.get_method() != b"CONNECT" and not self._should_upgrade()

    def _head_without_upgrade(self) -> bytes:
        lines = [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        start = b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        return b"\r\n".join([start, *lines, b"\r\n"])

    def on_headers_complete(self) -> None:
        """The head is there: call the application, or put the request behind those before it.

        Instead of the base class's, of which half is for settings that this server does not have.
        """
        self._in_head = False
        self._head_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        parser = self.parser
        if self._passes_over_upgrade():
            return
        version = parser.get_http_version()
        self._require_host(version)
        path, raw_path, query = _target(self.url)
        scope: Any = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": version,
            "method": parser.get_method().decode("ascii"),
            "scheme": self.scheme or "http",
            "path": path,
            "raw_path": raw_path,
            "query_string": query,
            "root_path": "",
            "headers": self.headers,
            "client": self.client,
            "server": self.server,
            "state": self.app_state.copy(),
            "extensions": EXTENSIONS,
        }
        self.scope = scope
        if parser.should_upgrade() and self._should_upgrade():
            return
        before = self.cycle
        self.cycle = cycle = WholeAnswers(self, scope, version != "1.0" and parser.should_keep_alive())
        if before is None or before.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def _require_host(self, version: str) -> None:
        """Raises for the parser when there is not exactly one Host (RFC 9112 §3.2); HTTP/1.0 may do without."""
        by_name = dict(self.headers)
        if len(by_name) == len(self.headers) and b"host" in by_name:
            return
        named = sum(name == b"host" for name, _ in self.headers)
        if named != 1 and (named or version != "1.0"):
            raise ValueError("one Host header is needed")

    def on_message_complete(self) -> None:
        """The body is there."""
        if not self._passes_over_upgrade():
            super().on_message_complete()

    def on_message_begin(self) -> None:
        """The next head begins."""
        self._in_head = True
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_response_complete(self) -> None:
        """Start the request that comes next, or wait for it.

        Instead of the base class's, which sets a timer after every answer and cancels it again with every request:
        here one is set when there is none, and looks at the time of the last answer.
        """
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self._idle_timer is None:
            self._idle_timer = self.loop.call_later(self.timeout_keep_alive, self._end_idle)

    def handle_websocket_upgrade(self) -> None:
        """From now on the connection is another protocol's."""
        self._forget_idle()
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._forget_idle()
        for timer in (self._head_timer, self._lingering):
            if timer is not None:
                timer.cancel()
        if self._stalled is not None:
            self._stalled.end()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """More waits to be sent than should."""
        super().pause_writing()
        self._stalled = StalledWrites(self.loop, self.transport)
        self._stalled.begin()

    def resume_writing(self) -> None:
        """The client reads."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.end()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """``WholeAnswers`` takes its task out again: a callback would cost a round of the loop."""
        self.tasks.add(self.loop.create_task(cycle.run_asgi(app)))

    def _end_idle(self) -> None:
        """Close the connection if nothing came for as long as it may be idle; look again when that could be so."""
        self._idle_timer = None
        if self._head_timer is not None or (self.cycle is not None and not self.cycle.response_complete):
            return  # the end of what is under way begins anew
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._idle_timer = self.loop.call_later(left, self._end_idle)
        else:
            self.transport.close()

    def _forget_idle(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(_MAX_HEAD_SECONDS, self.transport.abort)


@lru_cache(maxsize=256)
def _target(url: bytes) -> tuple[str, bytes, bytes]:
    """Path, raw path and query of a request target; few are asked for often."""
    parsed = parse_url(url)
    raw_path = parsed.path or b""
    return unquote(raw_path.decode("ascii")), raw_path, parsed.query or b""
