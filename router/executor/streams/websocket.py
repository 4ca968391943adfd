"""A subgraph's events over a WebSocket, with the ``websockets`` library."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from router.executor.streams.protocol import StreamLimits
from router.executor.streams.transport_ws import SUBPROTOCOL, SocketClosed, follow_on
from router.executor.transports.protocol import (
    Headers,
    SubgraphProtocolError,
    SubgraphTimeout,
    SubgraphUnreachable,
)

__all__ = ["WebSocketStreams"]

_CLOSE_SECONDS = 1.0
_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss", "http+unix": "ws"}


class WebSocketStreams:
    """Opens a socket per stream at ``url``: http, https, http+unix as for requests, or ws and wss.

    Raises ``ValueError`` for another URL. Pings and their deadlines are the library's (RFC 6455 §5.5.2).
    """

    def __init__(self, url: str, *, limits: StreamLimits | None = None, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES or not parts.netloc:
            raise ValueError(f"not an http, https, http+unix, ws or wss URL: {url}")
        self._limits = limits or StreamLimits()
        self._tls = tls
        self._unix_path = unquote(parts.netloc) if parts.scheme == "http+unix" else None
        host = "localhost" if self._unix_path is not None else parts.netloc.rpartition("@")[2]
        self.url = urlunsplit((_SCHEMES[parts.scheme], host, parts.path or "/", parts.query, ""))

    async def follow(self, body: bytes, headers: Headers) -> AsyncGenerator[bytes, None]:
        connection = await self._connect(headers)
        async with connection:
            if connection.subprotocol != SUBPROTOCOL:
                raise SubgraphProtocolError(f"the subgraph does not speak {SUBPROTOCOL}")
            async with aclosing(follow_on(_Socket(connection), body, headers, self._limits)) as events:
                async for event in events:
                    yield event

    async def _connect(self, headers: Headers) -> ClientConnection:
        limits = self._limits
        options: dict[str, Any] = {
            "subprotocols": [Subprotocol(SUBPROTOCOL)],
            "additional_headers": [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers],
            "user_agent_header": "stoa",
            "open_timeout": limits.connect_timeout,
            "close_timeout": _CLOSE_SECONDS,
            "ping_interval": limits.keep_alive,
            "ping_timeout": limits.keep_alive,
            "max_size": limits.max_event_bytes,
            "max_queue": 1,
        }
        if self.url.startswith("wss"):
            options["ssl"] = self._tls or ssl.create_default_context()
        try:
            if self._unix_path is not None:
                return await unix_connect(self._unix_path, self.url, **options)
            return await connect(self.url, proxy=None, **options)
        except InvalidStatus as error:
            status = error.response.status_code
            raise SubgraphUnreachable(f"the subgraph answered the upgrade with HTTP status {status}") from error
        except TimeoutError:
            raise SubgraphTimeout("the connection was not established in time") from None
        except (InvalidHandshake, EOFError) as error:
            raise SubgraphProtocolError(f"the subgraph does not speak WebSocket: {error}") from error
        except OSError as error:
            raise SubgraphUnreachable(f"cannot connect: {error.strerror or 'no connection'}") from error


class _Socket:
    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, text: str) -> None:
        try:
            await self._connection.send(text)
        except ConnectionClosed as closed:
            raise _told(closed) from None

    async def receive(self) -> str | bytes:
        try:
            return await self._connection.recv()
        except ConnectionClosed as closed:
            raise _told(closed) from None


def _told(closed: ConnectionClosed) -> SocketClosed:
    """Why it closed: what this side found wrong comes before what the other side said of it."""
    frame = closed.sent if closed.sent is not None and not closed.rcvd_then_sent else closed.rcvd
    return SocketClosed(1006 if frame is None else frame.code, "" if frame is None else frame.reason)
