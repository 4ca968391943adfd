"""The order room as a service."""

from __future__ import annotations

from collections.abc import Mapping

from subgraphs.kernel.app import Room, RoomApp, build_app
from subgraphs.kernel.service_client import Peer
from subgraphs.kernel.settings import RoomSettings
from subgraphs.order.api import schema
from subgraphs.order.events import LISTENS
from subgraphs.order.loaders import Loaders
from subgraphs.order.peers import check_lease
from subgraphs.order.repository.sagas import LEASE_SECONDS
from subgraphs.order.service.worker import carry_sagas_on
from subgraphs.order.tables import DB
from subgraphs.order.upkeep import UPKEEP

ROOM = Room("order", schema, DB, loaders=Loaders, listens=LISTENS, workers=(carry_sagas_on,), upkeep=UPKEEP)


def create_app(
    settings: RoomSettings,
    *,
    redis: str | None = None,
    peers: Mapping[str, Peer] | None = None,
    background: bool = True,
) -> RoomApp:
    """The ASGI application; it needs the peers product, payment, user and auth.

    Raises SettingsError when a checkout's lease would not outlast its calls to them.
    """
    check_lease(settings, LEASE_SECONDS)
    return build_app(ROOM, settings, redis=redis, peers=peers, background=background)
