"""The notification room as a service."""

from __future__ import annotations

from collections.abc import Mapping

from subgraphs.kernel.app import Room, RoomApp, build_app
from subgraphs.kernel.service_client import Peer
from subgraphs.kernel.settings import RoomSettings
from subgraphs.notification.api import schema
from subgraphs.notification.events import LISTENS
from subgraphs.notification.loaders import Loaders
from subgraphs.notification.tables import DB

ROOM = Room("notification", schema, DB, loaders=Loaders, listens=LISTENS)


def create_app(
    settings: RoomSettings,
    *,
    redis: str | None = None,
    peers: Mapping[str, Peer] | None = None,
    background: bool = True,
) -> RoomApp:
    """The ASGI application of this room; see ``subgraphs.kernel.app.build_app``."""
    return build_app(ROOM, settings, redis=redis, peers=peers, background=background)
