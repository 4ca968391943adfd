"""uvicorn's WebSocket protocol with bounds that it does not have itself.

A client that takes nothing of what waits for it for twenty seconds is disconnected, and so is one whose handshake or
text cannot be read.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from router.gateway.stalled_writes import StalledWrites

__all__ = ["BoundedWebSocketProtocol"]

_MAX_LINGER_SECONDS = 5.0
"""How long a client that was told of the end may go on sending."""


class BoundedWebSocketProtocol(WebSocketsSansIOProtocol):
    """Watches for clients that do not read, and ends connections whose handshake cannot be read."""

    _stalled: StalledWrites | None = None
    _closed_by_application = False

    async def send(self, message: Any) -> None:
        """ASGI's ``send``. What this protocol has closed itself, for a bad frame or a missing pong, is disconnected."""
        if self.close_sent and not self._closed_by_application:
            raise ClientDisconnected
        if message["type"] == "websocket.close":
            self._closed_by_application = True
        await super().send(message)

    def data_received(self, data: bytes) -> None:
        """Parse, then see whether the handshake was refused: the base class waits for ever then."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def handle_parser_exception(self) -> None:
        """Say what is wrong, and close when the client has done so, too.

        Instead of the base class's, which closes at once: a client that still sends, as it does when its message was
        too large, has its connection reset and never reads why.
        """
        close = self.conn.close_sent
        if close is None or self.close_timer is not None:
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": close.code, "reason": close.reason})
        self.close_sent = True
        self.transport.write(b"".join(self.conn.data_to_send()))
        if self.transport.can_write_eof():
            self.close_timer = self.loop.call_later(_MAX_LINGER_SECONDS, self.transport.abort)
            self.transport.write_eof()
            self.transport.resume_reading()
        else:
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        """Close what sends text that is none. The base class does, too, and logs a traceback for each."""
        if self.curr_msg_data_type == "text" and not self.close_sent and not _is_utf8(b"".join(self.frames)):
            self.conn.send_close(1007)
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

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

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        if self._stalled is not None:
            self._stalled.end()
        super().connection_lost(exc)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
