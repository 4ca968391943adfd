"""auth as a client of the router meets it: a started room, and a shorthand for its sign-in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from redis.asyncio import Redis

from subgraphs.auth import app as auth_app
from subgraphs.auth.passwords import Passwords
from subgraphs.kernel.database import StatementLog
from subgraphs.kernel.identity import generate_key, sign_identity
from tests.fixtures.identities import _KEYS
from tests.fixtures.rooms import RoomClient, StartRoom

PASSWORD = "correct horse battery"
_AUTH = """tokens { accessToken refreshToken expiresIn tokenType } user { id }
    errors { __typename code path message }"""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Tokens of one sign-in and what the access token says."""

    access: str
    refresh: str
    claims: dict[str, Any]

    @property
    def user_id(self) -> str:
        return str(self.claims["sub"])

    @property
    def session_id(self) -> str:
        return str(self.claims["sid"])


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The texts of each request's statements, request by request."""
    requests: list[list[str]] = []

    class Kept(StatementLog):
        def __init__(self) -> None:
            super().__init__()
            requests.append(self.texts)

    monkeypatch.setattr("subgraphs.kernel.requests.StatementLog", Kept)
    return requests


class AuthClient:
    """The started room with the operations that nearly every test needs."""

    def __init__(self, room: RoomClient, redis: Redis) -> None:
        self.room = room
        self.redis = redis

    async def register(self, email: str, **over: Any) -> dict[str, Any]:
        given = {"email": email, "password": PASSWORD, "firstName": "Ada", "lastName": "Lovelace", **over}
        operation = f"mutation($i: RegisterInput!) {{ register(input: $i) {{ {_AUTH} }} }}"
        data = await self.room.query(operation, {"i": given})
        answer: dict[str, Any] = data["register"]
        return answer

    async def login(self, email: str, password: str = PASSWORD, guest_token: str | None = None) -> dict[str, Any]:
        operation = (
            f"mutation($e: String!, $p: String!, $g: String) {{ login(email: $e, password: $p, guestToken: $g) "
            f"{{ {_AUTH} }} }}"
        )
        data = await self.room.query(operation, {"e": email, "p": password, "g": guest_token})
        answer: dict[str, Any] = data["login"]
        return answer

    async def refresh(self, token: str) -> dict[str, Any]:
        operation = f"mutation($t: String!) {{ refreshToken(refreshToken: $t) {{ {_AUTH} }} }}"
        answer: dict[str, Any] = (await self.room.query(operation, {"t": token}))["refreshToken"]
        return answer

    async def guest(self) -> SignedIn:
        return self.signed_in(
            (await self.room.query(f"mutation {{ createGuestSession {{ {_AUTH} }} }}"))["createGuestSession"]
        )

    async def member(self, email: str = "ada@example.com") -> SignedIn:
        """Registered and signed in."""
        assert (await self.register(email))["errors"] == []
        return self.signed_in(await self.login(email))

    def signed_in(self, payload: dict[str, Any]) -> SignedIn:
        assert payload["errors"] == []
        tokens = payload["tokens"]
        claims = jwt.decode(tokens["accessToken"], options={"verify_signature": False})
        return SignedIn(tokens["accessToken"], tokens["refreshToken"], claims)

    async def send_as(self, who: SignedIn, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the router forwards for a client that shows this access token."""
        claims = {key: who.claims[key] for key in ("sub", "sid", "kind", "role", "scopes")}
        response = await self.room.http.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"authorization": f"Bearer {sign_identity(_KEYS['router'], claims)}"},
        )
        answer: dict[str, Any] = response.json()
        return answer

    async def alive(self, who: SignedIn) -> bool:
        """What the router asks Redis at every request."""
        return bool(await self.redis.exists(f"session:{who.session_id}"))


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 with small parameters: real hashes, a hundredth of the time."""
    monkeypatch.setattr(auth_app, "Passwords", lambda: Passwords(time_cost=1, memory_kib=64))


@pytest.fixture
async def auth(
    start_room: StartRoom, redis_url: str, tmp_path: Path, cheap_passwords: None
) -> AsyncIterator[AuthClient]:
    """auth on a fresh database and an empty Redis."""
    key = tmp_path / "token-key.pem"
    key.write_bytes(generate_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    secret = tmp_path / "links.secret"
    secret.write_text("a secret of enough bytes for one-time links")
    variables = {"AUTH_TOKEN_KEY": str(key), "AUTH_LINK_SECRET": str(secret), "AUTH_SHOP_URL": "https://shop.test"}
    redis = Redis.from_url(redis_url)
    async with start_room("auth", auth_app.create_app, variables=variables, redis=redis_url) as room:
        yield AuthClient(room, redis)
    await redis.aclose()
