"""The product room as a service."""

from __future__ import annotations

from collections.abc import Mapping

from subgraphs.kernel.app import Room, RoomApp, build_app
from subgraphs.kernel.service_client import Peer
from subgraphs.kernel.settings import RoomSettings
from subgraphs.product.api import schema
from subgraphs.product.events import LISTENS
from subgraphs.product.loaders import Loaders
from subgraphs.product.service.stock import sweep_overdue_holds
from subgraphs.product.tables import DB

ROOM = Room("product", schema, DB, loaders=Loaders, listens=LISTENS, workers=(sweep_overdue_holds,))


def create_app(
    settings: RoomSettings,
    *,
    redis: str | None = None,
    peers: Mapping[str, Peer] | None = None,
    background: bool = True,
) -> RoomApp:
    """The ASGI application; it calls no other service."""
    return build_app(ROOM, settings, redis=redis, peers=peers, background=background)
