"""user as a service."""

from __future__ import annotations

from collections.abc import Mapping

from subgraphs.kernel.app import Room, RoomApp, build_app
from subgraphs.kernel.erasure import ERASED
from subgraphs.kernel.events import Listens
from subgraphs.kernel.service_client import Peer
from subgraphs.kernel.settings import RoomSettings
from subgraphs.user.api import schema
from subgraphs.user.erasure import on_erased
from subgraphs.user.events import on_registered
from subgraphs.user.loaders import Loaders
from subgraphs.user.tables import DB
from subgraphs.user.upkeep import UPKEEP

LISTENS = (Listens("auth", "user.registered", on_registered), Listens("auth", ERASED, on_erased))
ROOM = Room("user", schema, DB, loaders=Loaders, listens=LISTENS, upkeep=UPKEEP)


def create_app(
    settings: RoomSettings,
    *,
    redis: str | None = None,
    peers: Mapping[str, Peer] | None = None,
    background: bool = True,
) -> RoomApp:
    """The ASGI application of user."""
    return build_app(ROOM, settings, redis=redis, peers=peers, background=background)
