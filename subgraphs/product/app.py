"""The product room as a service.

``PRODUCT_CATALOG_CACHE=off`` reads the catalog from the database every time, though there is a Redis.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from subgraphs.kernel.app import Room, RoomApp, build_app
from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.service_client import Peer
from subgraphs.kernel.settings import RoomSettings
from subgraphs.product.api import schema
from subgraphs.product.cache import CatalogCache
from subgraphs.product.cache_changes import follow_catalog_changes
from subgraphs.product.events import LISTENS
from subgraphs.product.loaders import Loaders
from subgraphs.product.service.searching import keep_vocabulary
from subgraphs.product.service.stock import sweep_overdue_holds
from subgraphs.product.tables import DB
from subgraphs.product.upkeep import UPKEEP


@dataclass(frozen=True, slots=True)
class Adapters:
    """What the room holds open besides its database."""

    cache: CatalogCache | None


@asynccontextmanager
async def adapters(room: RunningRoom) -> AsyncIterator[Adapters]:
    """The room's adapters while it runs; without Redis there is no cache."""
    url = None if room.settings.variable("CATALOG_CACHE") == "off" else room.redis_url
    cache = CatalogCache.at(url) if url else None
    try:
        yield Adapters(cache)
    finally:
        if cache is not None:
            await cache.aclose()


ROOM = Room(
    "product",
    schema,
    DB,
    loaders=Loaders,
    listens=LISTENS,
    workers=(sweep_overdue_holds, follow_catalog_changes, keep_vocabulary),
    upkeep=UPKEEP,
    resources=adapters,
)


def create_app(
    settings: RoomSettings,
    *,
    redis: str | None = None,
    peers: Mapping[str, Peer] | None = None,
    background: bool = True,
) -> RoomApp:
    """The ASGI application; it calls no other service."""
    return build_app(ROOM, settings, redis=redis, peers=peers, background=background)
