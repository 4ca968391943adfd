"""auth as a service: its adapters, and the public key set beside GraphQL.

Environment besides the kernel's: ``AUTH_TOKEN_KEY`` is the file with the private key(s) that sign access tokens,
``AUTH_LINK_SECRET`` the file with the secret that one-time links are made from, ``AUTH_SHOP_URL`` where the shop's
pages are that those links lead to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from subgraphs.auth.api import schema
from subgraphs.auth.erasure import OTHERS, finish_erasures, on_acknowledged
from subgraphs.auth.granting import Adapters
from subgraphs.auth.links import DEFAULT_SHOP_URL, Links
from subgraphs.auth.loaders import Loaders
from subgraphs.auth.passwords import Passwords
from subgraphs.auth.presence import Presence
from subgraphs.auth.tables import DB
from subgraphs.auth.tokens import AccessTokens
from subgraphs.auth.upkeep import UPKEEP
from subgraphs.kernel.app import Room, RoomApp, build_app
from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.erasure import ACKNOWLEDGED
from subgraphs.kernel.events import Listens
from subgraphs.kernel.service_client import Peer
from subgraphs.kernel.settings import RoomSettings, SettingsError

_JWKS_SECONDS = 300


@asynccontextmanager
async def adapters(room: RunningRoom) -> AsyncIterator[Adapters]:
    """The room's adapters while it runs; raises SettingsError without a signing key or Redis."""
    key_file = room.settings.variable("TOKEN_KEY")
    link_secret = room.settings.variable("LINK_SECRET")
    if key_file is None:
        raise SettingsError("AUTH_TOKEN_KEY is not set; it must be the file with the key that signs access tokens.")
    if link_secret is None:
        raise SettingsError("AUTH_LINK_SECRET is not set; it must be the file with the secret of one-time links.")
    if room.redis is None:
        raise SettingsError("REDIS_URL is not set; auth keeps its live sessions in Redis.")
    links = Links.from_file(Path(link_secret), room.settings.variable("SHOP_URL") or DEFAULT_SHOP_URL)
    passwords = Passwords()
    try:
        yield Adapters(passwords, AccessTokens.from_file(Path(key_file)), Presence(room.redis), links)
    finally:
        passwords.close()


async def jwks(request: Request) -> Response:
    """Public keys of the access tokens; a verifier may keep them for five minutes."""
    room: RunningRoom = request.app.room
    return Response(
        orjson.dumps(room.resources.tokens.jwks),
        media_type="application/jwk-set+json",
        headers={"cache-control": f"public, max-age={_JWKS_SECONDS}"},
    )


ROOM = Room(
    "auth",
    schema,
    DB,
    loaders=Loaders,
    resources=adapters,
    listens=[Listens(room, ACKNOWLEDGED, on_acknowledged) for room in OTHERS],
    workers=(finish_erasures,),
    upkeep=UPKEEP,
    routes=[Route("/.well-known/jwks.json", jwks)],
)


def create_app(
    settings: RoomSettings,
    *,
    redis: str | None = None,
    peers: Mapping[str, Peer] | None = None,
    background: bool = True,
) -> RoomApp:
    """The ASGI application of auth."""
    return build_app(ROOM, settings, redis=redis, peers=peers, background=background)
