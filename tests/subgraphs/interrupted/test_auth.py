"""Mutations of auth, interrupted at every call of PostgreSQL and Redis (S-111).

Two things stay of an interrupted request, on purpose. A guess is counted before its password is looked at, or guessing
would be free for who can make requests fail. And Redis hears of sessions before PostgreSQL has committed: of one that
Redis alone knows nobody has a token, and one that Redis has lost is renewed by its refresh token. Never the other way
round: a session that ended in PostgreSQL does not live in Redis.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from subgraphs.auth.domain import LinkKind
from subgraphs.auth.tables import DB
from tests.fixtures.rooms import RoomClient
from tests.subgraphs.auth.conftest import PASSWORD, AuthClient, SignedIn
from tests.subgraphs.interrupted.trials import Asked, Case, Contents, Repeat, Trials

pytestmark = pytest.mark.usefixtures("breakable_stores")

STAFF = {"as_user": UUID(int=9), "scopes": ["users:write"]}
COUNTED = "auth.attempts"
WHY = "a guess is counted whatever comes of it, and Redis hears of sessions first"
ROLE_WHY = "a role is told to Redis again after the commit: what was renewed in between says the old one"


class Door:
    """Requests that would succeed, and what must hold of sessions."""

    def __init__(self, auth: AuthClient) -> None:
        self.auth = auth
        self.room: RoomClient = auth.room
        self.links = auth.room.room.resources.links

    def anybody(self, **variables: Any) -> Asked:
        return Asked(variables, self.room.send)

    def member(self, who: SignedIn, **variables: Any) -> Asked:
        return Asked(variables, lambda document, given: self.auth.send_as(who, document, dict(given)))

    def email(self) -> str:
        return f"{uuid4().hex}@example.com"

    async def token(self, kind: LinkKind, address: str) -> str:
        table = {LinkKind.VERIFY_EMAIL: "email_verification_tokens", LinkKind.RESET_PASSWORD: "password_reset_tokens"}
        newest = await DB.fetch_value(
            f"SELECT t.id FROM {table.get(kind, 'email_change_tokens')} t JOIN users u ON u.id = t.user_id "
            "WHERE u.email = $1 AND NOT t.used",
            address,
        )
        value: str = self.links.token(kind, newest).value
        return value

    async def ask(self, operation: str, address: str) -> None:
        await self.room.query(f"mutation($e: String!) {{ {operation}(email: $e) {{ ok }} }}", {"e": address})

    async def register(self) -> Asked:
        guest = await self.auth.guest()
        given = {
            "email": self.email(),
            "password": PASSWORD,
            "firstName": "Ada",
            "lastName": "L",
            "guestToken": guest.access,
        }
        return self.anybody(input=given)

    async def login(self) -> Asked:
        address = self.email()
        await self.auth.register(address)
        return self.anybody(email=address, password=PASSWORD, guestToken=(await self.auth.guest()).access)

    async def refresh(self) -> Asked:
        return self.anybody(refreshToken=(await self.auth.member(self.email())).refresh)

    async def signed_in(self) -> Asked:
        return self.member(await self.auth.member(self.email()))

    async def two_sessions(self) -> tuple[str, SignedIn, SignedIn]:
        address = self.email()
        first = await self.auth.member(address)
        return address, first, self.auth.signed_in(await self.auth.login(address))

    async def everywhere(self) -> Asked:
        _, _, second = await self.two_sessions()
        return self.member(second)

    async def revoke(self) -> Asked:
        _, first, second = await self.two_sessions()
        return self.member(second, id=first.session_id)

    async def verify(self) -> Asked:
        address = self.email()
        await self.auth.register(address)
        return self.anybody(token=await self.token(LinkKind.VERIFY_EMAIL, address))

    async def registered(self) -> Asked:
        address = self.email()
        await self.auth.register(address)
        return self.anybody(email=address)

    async def reset(self) -> Asked:
        address, _, _ = await self.two_sessions()
        await self.ask("requestPasswordReset", address)
        return self.anybody(token=await self.token(LinkKind.RESET_PASSWORD, address), newPassword="another password")

    async def change(self) -> Asked:
        _, _, second = await self.two_sessions()
        return self.member(second, current=PASSWORD, new="another password")

    async def move(self) -> Asked:
        return self.member(await self.auth.member(self.email()), newEmail=self.email(), password=PASSWORD)

    async def confirm(self) -> Asked:
        address = self.email()
        who = await self.auth.member(address)
        document = "mutation($e: String!, $p: String!) { requestEmailChange(newEmail: $e, password: $p) { ok } }"
        await self.auth.send_as(who, document, {"e": self.email(), "p": PASSWORD})
        return self.anybody(token=await self.token(LinkKind.CHANGE_EMAIL, address))

    async def erase(self) -> Asked:
        _, _, second = await self.two_sessions()
        return self.member(second, password=PASSWORD)

    async def role(self) -> Asked:
        who = await self.auth.member(self.email())
        return Asked({"userId": who.user_id, "role": "SUPPORT"}, self.by_staff)

    async def close(self) -> Asked:
        _, _, second = await self.two_sessions()
        return Asked({"userId": second.user_id, "active": False, "reason": "r"}, self.by_staff)

    async def by_staff(self, document: str, given: Any) -> dict[str, Any]:
        return await self.room.send(document, given, **STAFF)

    async def mint(self) -> Asked:
        address = self.email()
        await self.auth.register(address)
        newest = await DB.fetch_value(
            "SELECT t.id FROM email_verification_tokens t JOIN users u ON u.id = t.user_id WHERE u.email = $1", address
        )
        given = {"kind": "verify_email", "tokenId": str(newest)}
        return Asked(given, lambda document, values: self.room.send(document, values, as_service="notification"))

    async def guest(self) -> Asked:
        return self.anybody()

    async def ended_is_ended(self) -> None:
        keys = await self.auth.redis.keys("session:*")
        ended = await DB.fetch(
            "SELECT id FROM sessions WHERE id = ANY($1::uuid[]) AND revoked_at IS NOT NULL "
            "UNION SELECT id FROM users WHERE id = ANY($2::uuid[]) AND NOT is_active",
            [UUID(key.decode().removeprefix("session:")) for key in keys],
            [UUID(orjson.loads(value)["sub"]) for value in (await self.auth.redis.mget(keys) if keys else ())],
        )
        assert ended == []

    async def told_again(self, request: Asked, repeat: Repeat) -> None:
        assert (await repeat())["data"]["result"]["errors"] == []
        for row in await DB.fetch("SELECT id FROM sessions WHERE user_id = $1", UUID(request.variables["userId"])):
            assert not await self.auth.redis.exists(f"session:{row['id']}")


async def test_auth(auth: AuthClient) -> None:
    desk = Door(auth)
    ends: dict[str, Any] = {"keeps": ("redis",), "why": WHY, "holds": desk.ended_is_ended}
    guessed: dict[str, Any] = {**ends, "keeps": (COUNTED, "redis")}
    cases = {
        "register": Case(desk.register),
        "createGuestSession": Case(desk.guest),
        "login": Case(desk.login, keeps=(COUNTED, "redis"), why=WHY),
        "refreshToken": Case(desk.refresh, keeps=("redis",), why=WHY),
        "logout": Case(desk.signed_in, **ends),
        "logoutEverywhere": Case(desk.everywhere, **ends),
        "revokeSession": Case(desk.revoke, again=["NOT_FOUND"], **ends),
        "verifyEmail": Case(desk.verify, again=["INVALID_TOKEN"]),
        "resendVerificationEmail": Case(desk.registered),
        "requestPasswordReset": Case(desk.registered),
        "resetPassword": Case(desk.reset, again=["INVALID_TOKEN"], **ends),
        "changePassword": Case(desk.change, again=["INVALID_CREDENTIALS"], **guessed),
        "requestEmailChange": Case(desk.move, keeps=(COUNTED,), why=WHY),
        "confirmEmailChange": Case(desk.confirm, again=["INVALID_TOKEN"]),
        "eraseAccount": Case(desk.erase, again=["ACCOUNT_REQUIRED"], **guessed),
        "setUserRole": Case(
            desk.role,
            keeps=("redis", "auth.users", "auth.outbox", "auth.audit_log"),
            why=ROLE_WHY,
            completed=desk.told_again,
        ),
        "setUserActive": Case(desk.close, **ends),
        "mintLink": Case(desk.mint, succeeded=bool),
    }
    await Trials("auth", Contents([DB], auth.redis)).all(cases)
