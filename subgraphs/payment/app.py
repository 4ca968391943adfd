"""The payment room as a service.

``PAYMENT_PROVIDER_URL`` names its payment provider; without it, the simulator serves in this process.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from subgraphs.kernel.app import Room, RoomApp, build_app
from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.service_client import Peer
from subgraphs.kernel.settings import RoomSettings
from subgraphs.payment.api import schema
from subgraphs.payment.http_provider import HttpProvider
from subgraphs.payment.loaders import Loaders
from subgraphs.payment.provider import PaymentProvider
from subgraphs.payment.simulator import SECRET, Simulator
from subgraphs.payment.tables import DB


@asynccontextmanager
async def connect_provider(room: RunningRoom) -> AsyncIterator[PaymentProvider]:
    """The adapter of this process, closed at its end."""
    url = room.settings.variable("PROVIDER_URL")
    secret = room.settings.variable("PROVIDER_SECRET", SECRET) or SECRET
    name = room.settings.variable("PROVIDER_NAME", "simulator") or "simulator"
    provider = HttpProvider(name, url or Simulator(secret).app(), secret)
    try:
        yield provider
    finally:
        await provider.aclose()


ROOM = Room("payment", schema, DB, loaders=Loaders, resources=connect_provider)


def create_app(
    settings: RoomSettings,
    *,
    redis: str | None = None,
    peers: Mapping[str, Peer] | None = None,
    background: bool = True,
) -> RoomApp:
    """The ASGI application."""
    return build_app(ROOM, settings, redis=redis, peers=peers, background=background)
