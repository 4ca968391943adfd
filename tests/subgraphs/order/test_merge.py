"""A guest's cart follows the guest into the account: by auth's events and on demand, once, whatever is repeated."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from subgraphs.kernel.events import Event
from subgraphs.kernel.identity import generate_key, public_jwks
from subgraphs.order.app import create_app
from subgraphs.order.events import on_guest_identified
from subgraphs.order.repository.carts import carts_by_user
from subgraphs.order.tables import DB
from tests.fixtures.rooms import RoomClient, StartRoom
from tests.subgraphs.order.conftest import put_in_cart

MERGE = """mutation($token: String!) {
  mergeGuestCart(guestToken: $token) {
    cart { totalQuantity } merged { code productId available } errors { code path }
  }
}"""


@dataclass
class Auth:
    """What auth publishes and signs, at the HTTP boundary."""

    key: Any = field(default_factory=generate_key)

    def app(self) -> Starlette:
        document = json.dumps(public_jwks([("auth-1", self.key)]))

        async def jwks(_: Request) -> Response:
            return Response(document, media_type="application/json")

        return Starlette(routes=[Route("/.well-known/jwks.json", jwks)])

    def token(self, subject: UUID, *, key: Any = None, **changes: Any) -> str:
        claims = {
            "iss": "stoa-auth",
            "aud": "stoa",
            "exp": datetime.now(UTC) + timedelta(minutes=10),
            "sub": str(subject),
            "kind": "guest",
            **changes,
        }
        return jwt.encode(claims, key or self.key, algorithm="EdDSA", headers={"kid": "auth-1"})


@pytest.fixture
def auth() -> Auth:
    return Auth()


@pytest.fixture
async def client(start_room: StartRoom, auth: Auth) -> AsyncIterator[RoomClient]:
    async with start_room("order", create_app, peers={"auth": auth.app()}) as started:
        yield started


async def merge(client: RoomClient, token: str, **caller: Any) -> dict[str, Any]:
    payload: dict[str, Any] = (await client.query(MERGE, {"token": token}, **caller))["mergeGuestCart"]
    return payload


async def quantities(user: UUID) -> dict[UUID, int]:
    cart = (await carts_by_user([user])).get(user)
    return {line.product_id: line.quantity for line in cart.lines} if cart else {}


async def test_twenty_parallel_merges_move_everything_once(client: RoomClient, auth: Auth) -> None:
    user, guest, shared, other = (uuid4() for _ in range(4))
    await put_in_cart(user, shared, 2)
    await put_in_cart(guest, shared, 3)
    await put_in_cart(guest, other, 1)
    token = auth.token(guest)
    payloads = await asyncio.gather(*(merge(client, token, as_user=user) for _ in range(20)))
    assert [payload["errors"] for payload in payloads] == [[]] * 20
    assert {payload["cart"]["totalQuantity"] for payload in payloads} == {6}
    (told,) = [payload["merged"] for payload in payloads if payload["merged"]]
    assert told == [
        {"code": "MERGED", "productId": str(shared), "available": 5},
        {"code": "MERGED", "productId": str(other), "available": 1},
    ]
    assert await quantities(user) == {shared: 5, other: 1}
    assert await quantities(guest) == {}


async def test_what_is_not_a_guests_own_token_is_refused(client: RoomClient, auth: Auth) -> None:
    user, guest = uuid4(), uuid4()
    await put_in_cart(guest, uuid4(), 1)
    past = datetime.now(UTC) - timedelta(hours=1)
    for token in (
        "",
        "junk",
        auth.token(guest, kind="user"),
        auth.token(guest, exp=past),
        auth.token(guest, aud="stoa-subgraphs"),
        auth.token(guest, iss="router"),
        auth.token(guest, key=generate_key()),
        jwt.encode({"sub": str(guest), "kind": "guest"}, "", algorithm="none", headers={"kid": "auth-1"}),
    ):
        payload = await merge(client, token, as_user=user)
        assert payload["errors"] == [{"code": "GUEST_TOKEN_INVALID", "path": ["guestToken"]}]
    assert (await merge(client, auth.token(guest), as_guest=uuid4()))["errors"][0]["code"] == "ACCOUNT_REQUIRED"
    assert sum((await quantities(guest)).values()) == 1


async def test_signing_in_as_a_guest_takes_the_cart_along(client: RoomClient) -> None:
    user, guest, item = uuid4(), uuid4(), uuid4()
    await put_in_cart(guest, item, 4)
    linked = Event("user.guest_linked", f"user:{user}", {"user_id": str(user), "guest_id": str(guest)})
    registered = Event("user.registered", f"user:{user}", {"user_id": str(user), "guest_id": None})
    for event in (linked, registered, linked):
        async with DB.transaction():
            await on_guest_identified(event, client.room)
    assert (await quantities(user), await quantities(guest)) == ({item: 4}, {})
