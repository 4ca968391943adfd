"""The whole shop in one process: six services and the router, which calls them without a network.

The router's metrics are at ``/metrics``, those of a room, which has no address of its own here, at ``/metrics/order``.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ops.local.rooms import room_apps
from ops.local.serving import serve
from ops.rooms import ROOT
from router.executor.transports import AsgiTransport
from router.gateway import Gateway, create_app
from router.gateway.config_file import read_config_file

__all__ = ["run_in_one_process", "shop"]


@asynccontextmanager
async def shop(environ: Mapping[str, str]) -> AsyncIterator[Gateway]:
    """The running shop behind its router's ASGI application; everything is stopped with the block."""
    apps = room_apps(environ)
    config = read_config_file(ROOT / "router.yaml", environ)
    sdl = (ROOT / "schema" / "supergraph.graphql").read_text()
    async with AsyncExitStack() as running:
        for app in apps.values():
            await running.enter_async_context(app.router.lifespan_context(app))
        transports: dict[str, Any] = {room: AsgiTransport(app) for room, app in apps.items()}
        router = create_app(replace(config, supergraph=None), sdl, transports)
        router.router.routes.extend(Route(f"/metrics/{room}", RoomMetrics(app)) for room, app in apps.items())
        await running.enter_async_context(router.router.lifespan_context(router))
        yield router


class RoomMetrics:
    """A room's metrics for whoever scrapes the one process; nothing else of the room can be reached by its path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "path": "/metrics", "raw_path": b"/metrics", "root_path": ""}, receive, send)


def run_in_one_process(environ: Mapping[str, str], claimed: socket.socket, banner: str) -> None:
    """Serve until SIGINT or SIGTERM."""

    async def main() -> None:
        async with shop(environ) as router:
            print(banner, flush=True)  # noqa: T201 - what the command is for
            await serve(router, claimed, router.drain)

    asyncio.run(main())
