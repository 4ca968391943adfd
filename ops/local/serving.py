"""One ASGI application on one loopback port until the process is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

from ops.local.errors import StartError
from router.gateway.http_protocol import protocol_settings

__all__ = ["claim_port", "serve"]

_DRAIN_SECONDS = 25
_MAX_MESSAGE_BYTES = 2_000_000


def claim_port(host: str, port: int) -> socket.socket:
    """A bound socket; raises ``StartError`` when somebody else has the port."""
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        claimed = socket.socket(address[0], socket.SOCK_STREAM)
        try:
            claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            claimed.bind(address[4])
        except OSError:
            claimed.close()
            raise
    except OSError as error:
        raise StartError(
            f"Port {port} on {host} cannot be used ({error.strerror or error}). Choose another with --port."
        ) from error
    return claimed


class _Server(uvicorn.Server):
    """Leaves signals to its caller, which has more to stop than this server."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: Any, claimed: socket.socket, on_stop: Callable[[], None] = lambda: None) -> None:
    """Answer on ``claimed`` until SIGINT or SIGTERM, then finish what is under way and return.

    ``on_stop`` is called first, to end what would not end by itself.

    The application's lifespan is the caller's, so that what it raises reaches the operator as it is.
    """
    server = _Server(
        uvicorn.Config(
            app,
            loop="none",
            **protocol_settings(_MAX_MESSAGE_BYTES),
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # or everybody on this machine could claim any address
            timeout_graceful_shutdown=_DRAIN_SECONDS,
        )
    )

    def stop() -> None:
        server.force_exit = server.should_exit  # a second signal does not wait
        if not server.should_exit:
            on_stop()
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop)
    try:
        await server.serve(sockets=[claimed])
    finally:
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)
