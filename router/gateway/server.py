"""Runs the gateway on a socket: uvicorn on uvloop and httptools, with an orderly end.

SIGTERM and SIGINT: ``/ready`` says no for ``listen.drain_seconds``, then no connection is accepted any more,
subscriptions are ended, requests under way have ``listen.grace_seconds`` to finish, and the process ends with 0. SIGHUP
reads the supergraph file again.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from router.gateway.app import Gateway, create_app
from router.gateway.config import ConfigError, GatewayConfig
from router.gateway.http_protocol import protocol_settings
from router.gateway.logs import configure_logs
from router.supergraph import SupergraphError

__all__ = ["ServeError", "read_supergraph", "serve"]

_COLLECT_AFTER = 50_000
"""Objects made and not freed before the youngest are looked through for cycles."""

_SWITCH_SECONDS = 0.0005
"""How long a thread that makes a large operation ready keeps the interpreter while the event loop wants it: a tenth of
Python's own setting, as a request changes hands several times."""

_log = logging.getLogger("router.gateway")


class ServeError(Exception):
    """The router cannot start; the message is one sentence for the operator."""


def serve(config: GatewayConfig) -> None:
    """Serve until told to end. Raises ``ServeError`` when it cannot start."""
    if config.supergraph is None:
        raise ServeError("Say which supergraph to serve: --supergraph FILE, or 'supergraph' in the configuration.")
    configure_logs()
    sdl = read_supergraph(config.supergraph)
    try:
        app = create_app(config, sdl)
    except (SupergraphError, ConfigError) as error:
        raise ServeError(f"{config.supergraph}: {error}") from error
    _settle_heap()
    gc.set_threshold(_COLLECT_AFTER, 10, 10)
    sys.setswitchinterval(_SWITCH_SECONDS)
    listener = _listen(config.listen.host, config.listen.port)
    host, port = listener.getsockname()[:2]
    with listener:
        server = _Server(app, config.supergraph)
        print(f"Router ready at http://{host}:{port}{config.listen.path}", file=sys.stderr, flush=True)  # noqa: T201
        server.run(sockets=[listener])


def _settle_heap() -> None:
    """Free what an earlier supergraph has left, and keep what lives as long as this one out of later collections.

    Answers are trees without cycles, freed by their reference counts. Many of them at once only make the cycle
    collector walk them in vain, which took a tenth of the processor time of large answers.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def read_supergraph(path: Path) -> str:
    """The SDL in the file; raises ``ServeError``."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ServeError(f"The supergraph {path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise ServeError(f"The supergraph {path} is not UTF-8 text.") from error


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise ServeError(f"Cannot listen on {host}:{port} ({reason}).") from error
    return listener


class _Server(uvicorn.Server):
    def __init__(self, app: Gateway, supergraph: Path) -> None:
        self._app = app
        self._supergraph = supergraph
        self._reloading: asyncio.Task[None] | None = None
        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop",
                **protocol_settings(app.config.limits.body_bytes),
                lifespan="on",
                access_log=False,
                proxy_headers=False,
                log_config=None,
                server_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=app.config.listen.grace_seconds,  # type: ignore[arg-type]  # any number will do
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Instead of uvicorn's: drain first, and end with 0 instead of raising the signal again."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._end)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        yield

    def _end(self) -> None:
        if self._app.health.draining:
            self.force_exit = True
        self._app.health.draining = True
        asyncio.get_running_loop().call_later(self._app.config.listen.drain_seconds, self._stop)

    def _stop(self) -> None:
        self._app.drain()
        self.should_exit = True

    def _reload(self) -> None:
        if self._reloading is None or self._reloading.done():
            self._reloading = asyncio.create_task(self._read_again())

    async def _read_again(self) -> None:
        try:
            await self._app.reload(await asyncio.to_thread(read_supergraph, self._supergraph))
            _settle_heap()
        except (ServeError, SupergraphError) as error:
            _log.error("The old supergraph stays: %s", error)
