"""The ASGI application for WebSockets at the endpoint's path: who may connect, and all that are connected."""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from router.gateway.config import GatewayConfig
from router.gateway.identity import Identity
from router.gateway.request import header_map
from router.gateway.websocket.connection import RESTARTING, TRY_AGAIN, Connection
from router.gateway.websocket.operation import OperationRunner
from router.gateway.websocket.subprotocols import SUBPROTOCOLS

__all__ = ["WebSocketEndpoint"]

_NO_SUBPROTOCOL = (4406, "Subprotocol not acceptable")

_log = logging.getLogger("router.gateway")


class WebSocketEndpoint:
    """Accepts pages of its own origin and of those in ``cors.origins``, and every client that is not a browser.

    Browsers open WebSockets across origins without asking first, so ``Origin`` is checked here.
    """

    def __init__(self, config: GatewayConfig, identity: Identity, runner: OperationRunner) -> None:
        self._config = config
        self._identity = identity
        self._runner = runner
        self._origins = frozenset(config.cors.origins)
        self._propagated = tuple(name.lower().encode() for name in config.propagate_headers)
        self._connections: set[Connection] = set()
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def open(self) -> int:
        """How many are connected."""
        return len(self._connections)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        headers = header_map(scope["headers"])
        if not self._config.subscriptions.enabled or not self._may_connect(headers):
            await send({"type": "websocket.close"})  # before it is accepted: HTTP status 403
            return
        name = next((name for name in scope["subprotocols"] if name in SUBPROTOCOLS), None)
        await send({"type": "websocket.accept", "subprotocol": name})
        refused = self._refusal(name)
        if name is None or refused is not None:
            code, reason = refused or _NO_SUBPROTOCOL
            await send({"type": "websocket.close", "code": code, "reason": reason})
            return
        connection = Connection(
            SUBPROTOCOLS[name],
            self._config.subscriptions,
            self._identity,
            self._runner,
            self._propagated,
            scope,
            receive,
            send,
        )
        self._connections.add(connection)
        try:
            await connection.run()
        except OSError:
            pass  # the client was gone when something was sent: ASGI's way to say so
        finally:
            self._connections.discard(connection)

    def drain(self) -> None:
        """Close every connection with 1012."""
        for connection in self._connections:
            task = asyncio.create_task(connection.restart())
            self._closing.add(task)
            task.add_done_callback(self._closed)

    def _closed(self, task: asyncio.Task[None]) -> None:
        self._closing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, OSError):
            _log.error("a connection could not be closed", exc_info=error)

    def _refusal(self, subprotocol: str | None) -> tuple[int, str] | None:
        if subprotocol is None:
            return _NO_SUBPROTOCOL
        if self._runner.subscriptions.draining:
            return RESTARTING
        return TRY_AGAIN if len(self._connections) >= self._config.subscriptions.connections else None

    def _may_connect(self, headers: dict[bytes, bytes]) -> bool:
        origin = headers.get(b"origin", b"").decode("latin-1")
        if not origin or "*" in self._origins or origin in self._origins:
            return True
        return urlsplit(origin).netloc.lower() == headers.get(b"host", b"").decode("latin-1").lower()
