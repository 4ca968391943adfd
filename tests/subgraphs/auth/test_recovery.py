"""Verification, password reset and change of address by one-time links (S-018, S-019, D10, D44)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from subgraphs.auth.tables import DB
from tests.subgraphs.auth.conftest import PASSWORD, AuthClient

NEW = "a new password"
RESET = """mutation($t: String!, $p: String!) { resetPassword(token: $t, newPassword: $p) {
    tokens { accessToken refreshToken expiresIn tokenType } errors { __typename code path } } }"""
INVALID = [{"code": "INVALID_TOKEN", "path": ["token"]}]


async def told(event_type: str) -> list[dict[str, Any]]:
    rows = await DB.fetch("SELECT payload FROM outbox WHERE type = $1 ORDER BY id", event_type)
    return [row["payload"] for row in rows]


async def link(auth: AuthClient, kind: str, token_id: str) -> str | None:
    operation = "mutation($k: String!, $t: ID!) { mintLink(kind: $k, tokenId: $t) }"
    data = await auth.room.query(operation, {"k": kind, "t": token_id}, as_service="notification")
    url: str | None = data["mintLink"]
    return url


async def token(auth: AuthClient, kind: str, token_id: str) -> str:
    url = await link(auth, kind, token_id)
    assert url is not None
    return url.partition("#token=")[2]


async def ok(auth: AuthClient, operation: str, email: str) -> None:
    answer = await auth.room.query(
        f"mutation($e: String!) {{ {operation}(email: $e) {{ ok errors {{ code }} }} }}", {"e": email}
    )
    assert answer[operation] == {"ok": True, "errors": []}


async def verify(auth: AuthClient, value: str) -> dict[str, Any]:
    operation = "mutation($t: String!) { verifyEmail(token: $t) { user { id } errors { code path } } }"
    answer: dict[str, Any] = (await auth.room.query(operation, {"t": value}))["verifyEmail"]
    return answer


async def reset(auth: AuthClient, value: str, password: str = NEW) -> dict[str, Any]:
    answer: dict[str, Any] = (await auth.room.query(RESET, {"t": value, "p": password}))["resetPassword"]
    return answer


async def requested_reset(auth: AuthClient, email: str = "ada@example.com") -> str:
    await ok(auth, "requestPasswordReset", email)
    return await token(auth, "reset_password", (await told("user.password_reset_requested"))[-1]["token_id"])


# -- links ------------------------------------------------------------------------------------------------------------


async def test_links_are_for_the_service_that_writes_mails_alone(auth: AuthClient) -> None:
    await auth.register("ada@example.com")
    (facts,) = await told("user.registered")
    operation = 'mutation($t: ID!) { mintLink(kind: "verify_email", tokenId: $t) }'
    for caller in ({}, {"as_user": uuid4(), "scopes": ["users:write", "ops:write"]}, {"as_service": "order"}):
        answer = await auth.room.send(operation, {"t": facts["token_id"]}, **caller)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert answer["data"]["mintLink"] is None
    url = await link(auth, "verify_email", facts["token_id"])
    assert url is not None
    assert url.startswith("https://shop.test/verify-email#token=stoa_v_")


@pytest.mark.parametrize("kind", ["verify_email", "reset_password", "change_email", "", "\x00", "x" * 100_000])
async def test_no_link_is_made_of_what_was_not_asked_for(auth: AuthClient, kind: str) -> None:
    for token_id in (str(uuid4()), "", "\x00", "no uuid"):
        assert await link(auth, kind, token_id) is None


async def test_neither_database_nor_events_hold_a_token(auth: AuthClient) -> None:
    await auth.register("ada@example.com")
    value = await requested_reset(auth)
    rows = await DB.fetch(
        "SELECT row_to_json(t)::text AS row FROM password_reset_tokens t UNION ALL SELECT payload::text FROM outbox "
        "UNION ALL SELECT coalesce(old_row::text, '') || coalesce(new_row::text, '') FROM audit_log"
    )
    assert len(rows) > 2
    assert not any(value[8:20] in row["row"] for row in rows)


# -- verification -----------------------------------------------------------------------------------------------------


async def test_the_registration_mail_verifies_the_address_once(auth: AuthClient) -> None:
    await auth.register("ada@example.com")
    (facts,) = await told("user.registered")
    value = await token(auth, "verify_email", facts["token_id"])
    answers = await asyncio.gather(*(verify(auth, value) for _ in range(5)))
    assert sorted(len(answer["errors"]) for answer in answers) == [0, 1, 1, 1, 1]
    assert await DB.fetch_value("SELECT is_verified FROM users")
    assert await told("user.email_verified") == [{"user_id": facts["user_id"]}]
    assert await link(auth, "verify_email", facts["token_id"]) is None
    await ok(auth, "resendVerificationEmail", "ada@example.com")
    assert await told("user.verification_requested") == []


async def test_a_newer_mail_replaces_the_older(auth: AuthClient) -> None:
    await auth.register("ada@example.com")
    older = await token(auth, "verify_email", (await told("user.registered"))[0]["token_id"])
    await ok(auth, "resendVerificationEmail", " ADA@example.com")
    (facts,) = await told("user.verification_requested")
    assert (await verify(auth, older))["errors"] == INVALID
    assert (await verify(auth, await token(auth, "verify_email", facts["token_id"])))["errors"] == []


@pytest.mark.parametrize("value", ["", "\x00", "stoa_v_x", "é" * 400_000, "🔑"])
async def test_what_is_no_token_is_refused(auth: AuthClient, value: str) -> None:
    await auth.register("ada@example.com")
    assert await verify(auth, value) == {"user": None, "errors": INVALID}
    assert (await reset(auth, value))["errors"] == [{"__typename": "ValidationError", **INVALID[0]}]
    confirm = "mutation($t: String!) { confirmEmailChange(token: $t) { user { id } errors { code path } } }"
    assert (await auth.room.query(confirm, {"t": value}))["confirmEmailChange"] == {"user": None, "errors": INVALID}
    assert await DB.fetch_value("SELECT count(*) FROM users WHERE is_verified") == 0


# -- password reset ---------------------------------------------------------------------------------------------------


async def test_a_reset_ends_every_session_and_signs_in(auth: AuthClient) -> None:
    who = await auth.member()
    value = await requested_reset(auth)
    weak = await reset(auth, value, "short")
    assert weak["errors"] == [{"__typename": "ValidationError", "code": "WEAK_PASSWORD", "path": ["newPassword"]}]
    assert await auth.alive(who)
    fresh = auth.signed_in(await reset(auth, value))
    assert [await auth.alive(one) for one in (who, fresh)] == [False, True]
    assert (await auth.refresh(who.refresh))["errors"][0]["code"] == "INVALID_REFRESH_TOKEN"
    assert (await auth.login("ada@example.com"))["errors"][0]["code"] == "INVALID_CREDENTIALS"
    auth.signed_in(await auth.login("ada@example.com", "a new password"))
    assert (await reset(auth, value, "yet another one"))["errors"][0]["code"] == "INVALID_TOKEN"
    assert await DB.fetch_value("SELECT is_verified FROM users"), "who read the mail has proven the address"
    assert len(await told("user.password_changed")) == 1


async def test_a_token_used_by_many_at_once_works_for_one(auth: AuthClient) -> None:
    await auth.member()
    value = await requested_reset(auth)
    answers = await asyncio.gather(*(reset(auth, value, f"new password {n}") for n in range(8)))
    assert sorted(len(answer["errors"]) for answer in answers) == [0] + [1] * 7
    (winner,) = [n for n, answer in enumerate(answers) if not answer["errors"]]
    auth.signed_in(await auth.login("ada@example.com", f"new password {winner}"))


async def test_of_reset_tokens_only_the_latest_works_and_only_for_half_an_hour(auth: AuthClient) -> None:
    await auth.register("ada@example.com")
    older, newer = await requested_reset(auth), await requested_reset(auth)
    assert (await reset(auth, older))["errors"][0]["code"] == "INVALID_TOKEN"
    lifetime = "SELECT extract(epoch FROM max(expires_at - created_at)) FROM password_reset_tokens"
    assert await DB.fetch_value(lifetime) == 30 * 60
    await DB.execute("UPDATE password_reset_tokens SET expires_at = now()")
    assert (await reset(auth, newer))["errors"][0]["code"] == "INVALID_TOKEN"


async def test_parallel_requests_leave_one_token_that_works(auth: AuthClient) -> None:
    await auth.register("ada@example.com")
    await asyncio.gather(*(ok(auth, "requestPasswordReset", "ada@example.com") for _ in range(3)))
    assert await DB.fetch_value("SELECT count(*) FROM password_reset_tokens WHERE NOT used") == 1


async def test_a_changed_password_and_a_closed_account_make_reset_links_useless(auth: AuthClient) -> None:
    who = await auth.member()
    value = await requested_reset(auth)
    change = "mutation($c: String!, $n: String!) { changePassword(current: $c, new: $n) { errors { code } } }"
    changed = await auth.send_as(who, change, {"c": PASSWORD, "n": "a changed password"})
    assert changed["data"]["changePassword"]["errors"] == []
    assert (await reset(auth, value))["errors"][0]["code"] == "INVALID_TOKEN"
    value = await requested_reset(auth)
    await DB.execute("UPDATE users SET is_active = false")
    assert (await reset(auth, value))["errors"][0]["code"] == "INVALID_TOKEN"
    await ok(auth, "requestPasswordReset", "ada@example.com")
    assert len(await told("user.password_reset_requested")) == 2


@pytest.mark.parametrize("operation", ["requestPasswordReset", "resendVerificationEmail"])
async def test_asking_for_a_mail_costs_the_same_for_an_unknown_address(
    auth: AuthClient, operation: str, statements: list[list[str]]
) -> None:
    """The same statements in the same order, and a write in both: neither count nor commit tells who is registered."""
    await auth.register("ada@example.com")
    costs = []
    for email in ("ada@example.com", "nobody@example.com", "\x00 nonsense"):
        statements.clear()
        answer = await auth.room.send(
            f"mutation($e: String!) {{ {operation}(email: $e) {{ ok errors {{ code }} }} }}", {"e": email}
        )
        (texts,) = statements
        assert len(texts) == answer["extensions"]["sql"]["statements"] > 0
        costs.append((answer["data"], texts))
    assert costs[0] == costs[1] == costs[2]


async def test_nobody_can_flood_a_mailbox(auth: AuthClient) -> None:
    await auth.register("ada@example.com")
    for _ in range(10):
        await ok(auth, "requestPasswordReset", "ada@example.com")
        await auth.register("ada@example.com")
    mails = await told("user.password_reset_requested") + await told("user.registration_repeated")
    assert len(mails) == 2  # the registration's own mail was the first of three


# -- change of address ------------------------------------------------------------------------------------------------

CHANGE = """mutation($e: String!, $p: String!) { requestEmailChange(newEmail: $e, password: $p) {
    ok errors { code path } } }"""
CONFIRM = "mutation($t: String!) { confirmEmailChange(token: $t) { user { id } errors { code path } } }"


async def request_change(auth: AuthClient, who: Any, email: str, password: str = PASSWORD) -> dict[str, Any]:
    answer: dict[str, Any] = (await auth.send_as(who, CHANGE, {"e": email, "p": password}))["data"][
        "requestEmailChange"
    ]
    return answer


async def test_an_account_moves_to_the_address_whose_mail_its_owner_reads(auth: AuthClient) -> None:
    who = await auth.member()
    stale_reset = await requested_reset(auth)
    assert await request_change(auth, who, " countess@example.com") == {"ok": True, "errors": []}
    assert await DB.fetch_value("SELECT email FROM users") == "ada@example.com"
    (facts,) = await told("user.email_change_requested")
    assert facts["email"] == "countess@example.com"
    value = await token(auth, "change_email", facts["token_id"])
    assert (await auth.room.query(CONFIRM, {"t": value}))["confirmEmailChange"]["errors"] == []
    row = await DB.fetch_row("SELECT email, is_verified FROM users")
    assert tuple(row) == ("countess@example.com", True)
    assert await told("user.email_changed") == [
        {"user_id": who.user_id, "email": "countess@example.com", "former_email": "ada@example.com"}
    ]
    assert await auth.alive(who)
    assert (await reset(auth, stale_reset))["errors"][0]["code"] == "INVALID_TOKEN"
    auth.signed_in(await auth.login("countess@example.com"))
    assert (await auth.room.query(CONFIRM, {"t": value}))["confirmEmailChange"]["errors"] == INVALID


@pytest.mark.parametrize(
    ("email", "password", "code", "path"),
    [
        ("bob@example.com", PASSWORD, "EMAIL_TAKEN", "newEmail"),
        ("BOB@example.com", PASSWORD, "EMAIL_TAKEN", "newEmail"),
        ("ada@example.com", PASSWORD, "SAME_EMAIL", "newEmail"),
        ("nonsense", PASSWORD, "INVALID_EMAIL", "newEmail"),
        ("a\x00@example.com", PASSWORD, "INVALID_EMAIL", "newEmail"),
        ("new@example.com", "wrong", "INVALID_CREDENTIALS", "password"),
    ],
)
async def test_a_change_of_address_that_cannot_be_is_refused(
    auth: AuthClient, email: str, password: str, code: str, path: str
) -> None:
    who = await auth.member()
    await auth.register("bob@example.com")
    refused = await request_change(auth, who, email, password)
    assert refused == {"ok": False, "errors": [{"code": code, "path": [path]}]}
    assert await told("user.email_change_requested") == []
    assert await DB.fetch_value("SELECT count(*) FROM email_change_tokens") == 0


async def test_an_address_taken_meanwhile_is_refused_and_nothing_is_used_up(auth: AuthClient) -> None:
    who = await auth.member()
    await request_change(auth, who, "bob@example.com")
    value = await token(auth, "change_email", (await told("user.email_change_requested"))[0]["token_id"])
    await auth.register("bob@example.com")
    answer = (await auth.room.query(CONFIRM, {"t": value}))["confirmEmailChange"]
    assert answer == {"user": None, "errors": [{"code": "EMAIL_TAKEN", "path": ["token"]}]}
    assert await told("user.email_changed") == []
    await DB.execute("UPDATE users SET deleted_at = now() WHERE email = 'bob@example.com'")
    assert (await auth.room.query(CONFIRM, {"t": value}))["confirmEmailChange"]["errors"] == []


async def test_only_a_taken_address_is_called_taken(auth: AuthClient) -> None:
    who = await auth.member()
    await request_change(auth, who, "bob@example.com")
    value = await token(auth, "change_email", (await told("user.email_change_requested"))[0]["token_id"])
    await DB.execute("INSERT INTO outbox (type, aggregate) VALUES ('user.email_changed', 'user:another')")
    await DB.execute("CREATE UNIQUE INDEX once ON outbox (type) WHERE type = 'user.email_changed'")
    try:
        answer = (await auth.room.query(CONFIRM, {"t": value}))["confirmEmailChange"]
    finally:
        await DB.execute("DROP INDEX once")
    assert answer == {"user": None, "errors": [{"code": "ALREADY_EXISTS", "path": None}]}


async def test_a_guest_has_no_address_to_move(auth: AuthClient) -> None:
    refused = await request_change(auth, await auth.guest(), "new@example.com")
    assert refused["errors"] == [{"code": "ACCOUNT_REQUIRED", "path": None}]
