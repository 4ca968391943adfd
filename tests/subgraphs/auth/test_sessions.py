"""Sign-in, rotation with families, reuse and grace, sign-out (S-004, S-016, D11)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import jwt
import pytest
from jwt.algorithms import OKPAlgorithm

from subgraphs.auth import sessions
from subgraphs.auth.domain import token_digest
from subgraphs.auth.tables import DB


async def test_an_access_token_verifies_with_the_published_key_and_says_who_and_how_long(auth: Any) -> None:
    who = await auth.member()
    jwks = (await auth.room.http.get("/.well-known/jwks.json")).json()["keys"]
    header = jwt.get_unverified_header(who.access)
    assert header["alg"] == "EdDSA"
    key = OKPAlgorithm.from_jwk(next(jwk for jwk in jwks if jwk["kid"] == header["kid"]))
    claims = jwt.decode(who.access, key, algorithms=["EdDSA"], audience="stoa", issuer="stoa-auth")
    assert claims["exp"] - claims["iat"] == 600
    assert (claims["kind"], claims["role"], claims["scopes"]) == ("user", "CUSTOMER", [])
    assert not any("d" in jwk for jwk in jwks)


async def test_login_opens_a_session_as_long_as_its_refresh_token(auth: Any) -> None:
    who = await auth.member()
    assert await auth.alive(who)
    ttl = await auth.redis.ttl(f"session:{who.session_id}")
    assert 0 <= timedelta(days=30).total_seconds() - ttl < 60
    assert await DB.fetch_value("SELECT last_login_at IS NOT NULL FROM users WHERE id = $1", who.claims["sub"])


async def test_only_the_hash_of_a_refresh_token_is_stored(auth: Any) -> None:
    who = await auth.member()
    stored = await DB.fetch("SELECT token_hash FROM refresh_tokens")
    assert [row["token_hash"] for row in stored] == [token_digest(who.refresh)]


async def test_rotation_gives_a_new_pair_in_the_same_session(auth: Any) -> None:
    who = await auth.member()
    renewed = auth.signed_in(await auth.refresh(who.refresh))
    assert renewed.session_id == who.session_id
    assert renewed.refresh != who.refresh
    again = auth.signed_in(await auth.refresh(renewed.refresh))
    assert await auth.alive(again)


async def test_two_tabs_may_refresh_at_once_and_a_third_use_ends_the_family(auth: Any) -> None:
    who = await auth.member()
    first = auth.signed_in(await auth.refresh(who.refresh))
    second = auth.signed_in(await auth.refresh(who.refresh))
    assert auth.signed_in(await auth.refresh(first.refresh))
    assert auth.signed_in(await auth.refresh(second.refresh))
    third = await auth.refresh(who.refresh)
    assert third["errors"][0]["code"] == "INVALID_REFRESH_TOKEN"
    assert not await auth.alive(who)
    reasons = await DB.fetch("SELECT revoked_reason FROM sessions")
    assert [row["revoked_reason"] for row in reasons] == ["token_reuse"]
    assert await DB.fetch_value("SELECT bool_and(revoked) FROM refresh_tokens")
    assert await DB.fetch_value("SELECT count(*) FROM outbox WHERE type = 'user.token_reused'") == 1


async def test_a_used_token_after_the_grace_ends_every_line_of_the_family(auth: Any) -> None:
    who = await auth.member()
    renewed = auth.signed_in(await auth.refresh(who.refresh))
    await DB.execute("UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds' WHERE used_at IS NOT NULL")
    assert (await auth.refresh(who.refresh))["tokens"] is None
    assert (await auth.refresh(renewed.refresh))["errors"][0]["code"] == "INVALID_REFRESH_TOKEN"
    assert not await auth.alive(who)


async def test_of_twenty_parallel_uses_two_win_and_the_family_dies(auth: Any) -> None:
    who = await auth.member()
    answers = await asyncio.gather(*(auth.refresh(who.refresh) for _ in range(20)))
    assert sum(answer["tokens"] is not None for answer in answers) == 2
    assert not await auth.alive(who)


@pytest.mark.parametrize("token", ["", "stoa_r_unknown", "stoa_g_unknown", "🔑" * 500, "\x00"])
async def test_an_unknown_refresh_token_is_refused_and_changes_nothing(auth: Any, token: str) -> None:
    who = await auth.member()
    assert (await auth.refresh(token))["errors"][0]["code"] == "INVALID_REFRESH_TOKEN"
    assert await auth.alive(who)


async def test_an_expired_refresh_token_is_refused_without_alarm(auth: Any) -> None:
    who = await auth.member()
    await DB.execute("UPDATE refresh_tokens SET expires_at = now() - interval '1 second'")
    assert (await auth.refresh(who.refresh))["tokens"] is None
    assert await DB.fetch_value("SELECT count(*) FROM outbox WHERE type = 'user.token_reused'") == 0


async def test_rotation_never_reaches_beyond_the_absolute_lifetime(auth: Any) -> None:
    who = await auth.member()
    await DB.execute("UPDATE sessions SET expires_at = now() + interval '1 day'")
    auth.signed_in(await auth.refresh(who.refresh))
    assert await DB.fetch_value(
        "SELECT max(expires_at) FILTER (WHERE used_at IS NULL) < now() + interval '25 h' FROM refresh_tokens"
    )
    assert await auth.redis.ttl(f"session:{who.session_id}") <= 86_400


async def test_refresh_brings_a_session_back_after_redis_was_wiped(auth: Any) -> None:
    who = await auth.member()
    await auth.redis.flushall()
    renewed = auth.signed_in(await auth.refresh(who.refresh))
    assert await auth.alive(renewed)


async def test_logout_ends_this_session_only(auth: Any) -> None:
    who = await auth.member()
    other = auth.signed_in(await auth.login("ada@example.com"))
    answer = await auth.send_as(who, "mutation { logout { ok errors { code } } }")
    assert answer["data"]["logout"] == {"ok": True, "errors": []}
    assert (await auth.alive(who), await auth.alive(other)) == (False, True)
    assert (await auth.refresh(who.refresh))["tokens"] is None


async def test_logout_everywhere_ends_all_sessions(auth: Any) -> None:
    who = await auth.member()
    other = auth.signed_in(await auth.login("ada@example.com"))
    stranger = await auth.member("eve@example.com")
    answer = await auth.send_as(who, "mutation { logoutEverywhere { ok } }")
    assert answer["data"]["logoutEverywhere"]["ok"]
    assert [await auth.alive(one) for one in (who, other, stranger)] == [False, False, True]


async def test_a_logout_beside_renewals_leaves_no_token_and_no_session_alive(auth: Any) -> None:
    for _ in range(5):
        who = auth.signed_in(await auth.login("bob@example.com")) if _ else await auth.member("bob@example.com")
        await asyncio.gather(auth.refresh(who.refresh), auth.send_as(who, "mutation { logout { ok } }"))
        assert not await auth.alive(who)
    assert await DB.fetch_value("SELECT bool_and(revoked) FROM refresh_tokens")


async def test_sessions_are_listed_and_revoked_by_their_owner_only(auth: Any) -> None:
    who = await auth.member()
    other = auth.signed_in(await auth.login("ada@example.com"))
    stranger = await auth.member("eve@example.com")
    listed = (await auth.send_as(who, "{ mySessions { id current device ip createdAt lastSeenAt } }"))["data"]
    assert {one["id"]: one["current"] for one in listed["mySessions"]} == {
        who.session_id: True,
        other.session_id: False,
    }

    revoke = "mutation($id: ID!) { revokeSession(id: $id) { ok errors { __typename code } } }"
    refused = await auth.send_as(stranger, revoke, {"id": other.session_id})
    assert refused["data"]["revokeSession"]["errors"] == [{"__typename": "NotFoundError", "code": "NOT_FOUND"}]
    assert await auth.alive(other)
    assert (await auth.send_as(who, revoke, {"id": other.session_id}))["data"]["revokeSession"]["ok"]
    assert not await auth.alive(other)
    junk = (await auth.send_as(who, revoke, {"id": "nonsense"}))["data"]["revokeSession"]
    assert junk == refused["data"]["revokeSession"] | {"ok": False}


async def test_a_guest_has_a_session_without_an_account(auth: Any) -> None:
    guest = await auth.guest()
    assert (guest.claims["kind"], guest.claims["scopes"]) == ("guest", [])
    assert await auth.alive(guest)
    renewed = auth.signed_in(await auth.refresh(guest.refresh))
    assert (renewed.user_id, renewed.session_id) == (guest.user_id, guest.session_id)
    assert 0 < await auth.redis.ttl(f"guest_refresh:{token_digest(guest.refresh)}") <= 10
    me = await auth.send_as(guest, "{ me { id email role createdAt } mySessions { id } }")
    assert "errors" not in me
    assert me["data"]["me"]["id"] == guest.user_id
    await auth.send_as(guest, "mutation { logout { ok } }")
    assert not await auth.alive(guest)
    assert (await auth.refresh(renewed.refresh))["tokens"] is None


async def test_login_tells_which_guest_became_whom(auth: Any) -> None:
    guest = await auth.guest()
    await auth.register("ada@example.com")
    who = auth.signed_in(await auth.login("ada@example.com", guest_token=guest.access))
    payload = await DB.fetch_value("SELECT payload FROM outbox WHERE type = 'user.guest_linked'")
    assert payload == {"user_id": who.user_id, "guest_id": guest.user_id}
    assert auth.signed_in(await auth.login("ada@example.com", guest_token="stale"))


async def test_listing_sessions_costs_one_statement(auth: Any) -> None:
    who = await auth.member()
    for _ in range(3):
        await auth.login("ada@example.com")
    answer = await auth.send_as(who, "{ mySessions { id } }")
    assert answer["extensions"]["sql"]["statements"] == 1


async def test_the_purge_walks_the_expiry_index(auth: Any) -> None:
    await auth.member()
    async with DB.transaction():
        await DB.execute("SET LOCAL enable_seqscan = off")
        plan = await DB.fetch("EXPLAIN DELETE FROM refresh_tokens WHERE expires_at < now() - interval '30 days'")
    assert "idx_refresh_tokens_expires_at" in "".join(row[0] for row in plan)


def test_the_listing_is_bounded() -> None:
    assert sessions.MAX_LISTED == 100
