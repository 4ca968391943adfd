"""Guessing passwords: backoff and lockout by account and by address, right under races, without enumeration (D44)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from subgraphs.auth.passwords import Passwords, Verdict
from subgraphs.auth.tables import DB
from subgraphs.auth.throttling import ACCOUNT, ADDRESS, STRANGER, network_of
from tests.subgraphs.auth.conftest import PASSWORD, AuthClient

WRONG = "a wrong guess"
LOGIN = """mutation($e: String!, $p: String!) { login(email: $e, password: $p) {
    user { id } errors { __typename code message path ... on LockedOutError { retryAfterSeconds } } } }"""


async def attempt(auth: AuthClient, email: str, password: str = WRONG, ip: str | None = None) -> dict[str, Any]:
    headers = {"x-forwarded-for": ip} if ip else {}
    response = await auth.room.http.post(
        "/graphql", json={"query": LOGIN, "variables": {"e": email, "p": password}}, headers=headers
    )
    answer: dict[str, Any] = response.json()
    return answer


async def code(auth: AuthClient, email: str, password: str = WRONG, ip: str | None = None) -> str | None:
    errors = (await attempt(auth, email, password, ip))["data"]["login"]["errors"]
    return errors[0]["code"] if errors else None


async def let_time_pass() -> None:
    """As if every pause were over."""
    await DB.execute("UPDATE attempts SET blocked_until = now() - interval '1 second'")


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """What was verified: the stored hash, None for an unknown account."""
    seen: list[str | None] = []
    verify = Passwords.verify

    async def noted(self: Passwords, stored: str | None, password: str) -> Verdict:
        seen.append(stored)
        return await verify(self, stored, password)

    monkeypatch.setattr(Passwords, "verify", noted)
    return seen


async def test_after_the_free_guesses_even_the_right_password_waits(auth: AuthClient) -> None:
    await auth.register("ada@example.com")
    assert [await code(auth, "ada@example.com") for _ in range(5)] == ["INVALID_CREDENTIALS"] * 5
    answer = await attempt(auth, "Ada@Example.com ", PASSWORD)
    (error,) = answer["data"]["login"]["errors"]
    assert error["__typename"] == "LockedOutError"
    assert (error["code"], error["path"]) == ("LOCKED_OUT", ["email"])
    assert 1 <= error["retryAfterSeconds"] <= 30
    await let_time_pass()
    assert await code(auth, "ada@example.com", PASSWORD) is None
    assert await code(auth, "ada@example.com") == "INVALID_CREDENTIALS"  # forgiven: the free guesses are back
    assert await code(auth, "ada@example.com", PASSWORD) is None


async def test_the_pause_doubles_up_to_a_quarter_of_an_hour(auth: AuthClient) -> None:
    pauses = []
    for n in range(12):
        await code(auth, "ada@example.com")
        if n >= 4:
            answer = await attempt(auth, "ada@example.com")
            pauses.append(answer["data"]["login"]["errors"][0]["retryAfterSeconds"])
        await let_time_pass()
    expected = [30, 60, 120, 240, 480, 900, 900, 900]
    assert all(wanted - 5 <= pause <= wanted for pause, wanted in zip(pauses, expected, strict=True)), pauses


async def test_a_thousand_guesses_at_once_are_a_handful_of_hashes(auth: AuthClient, hashes: list[str | None]) -> None:
    await auth.register("ada@example.com")
    for _ in range(20):
        answers = await asyncio.gather(*(code(auth, "ada@example.com") for _ in range(50)))
        assert set(answers) <= {"INVALID_CREDENTIALS", "LOCKED_OUT"}
    assert len(hashes) <= ACCOUNT.parallel
    assert await code(auth, "ada@example.com", PASSWORD) == "LOCKED_OUT"
    await let_time_pass()
    hashes.clear()
    answers = await asyncio.gather(*(code(auth, "ada@example.com") for _ in range(50)))
    assert len(hashes) == answers.count("INVALID_CREDENTIALS") == 1, "under suspicion, one attempt at a time"


async def test_many_tabs_may_sign_in_at_once(auth: AuthClient) -> None:
    await auth.register("ada@example.com")
    answers = await asyncio.gather(*(code(auth, "ada@example.com", PASSWORD) for _ in range(20)))
    assert answers == [None] * 20
    assert await DB.fetch_value("SELECT failures + pending FROM attempts WHERE kind = 'account'") == 0


async def test_an_unknown_address_is_answered_counted_and_locked_like_a_known_one(
    auth: AuthClient, hashes: list[str | None], statements: list[list[str]]
) -> None:
    """Text and work, not wall time: the same statements and the same number of hashes, guess by guess."""
    await auth.register("ada@example.com")
    await auth.register("closed@example.com")
    await DB.execute("UPDATE users SET is_active = false WHERE email = 'closed@example.com'")
    stories = []
    for email in ("ada@example.com", "nobody@example.com", "closed@example.com", "no address"):
        story: list[Any] = []
        for _ in range(8):
            hashes.clear()
            statements.clear()
            answer = await attempt(auth, email)
            (texts,) = statements
            (error,) = answer["data"]["login"]["errors"]
            error.pop("retryAfterSeconds", None)
            error["message"] = error["message"].partition(" in ")[0]
            story.append((error, len(hashes), texts))
        stories.append(story)
    assert stories[0] == stories[1] == stories[2] == stories[3]
    assert [work for _, work, _ in stories[0]] == [1] * 5 + [0] * 3


async def test_guesses_at_many_accounts_from_one_address_lock_the_address(auth: AuthClient) -> None:
    await auth.register("ada@example.com")
    for n in range(ADDRESS.free):
        assert await code(auth, f"user{n}@example.com", ip="203.0.113.7") == "INVALID_CREDENTIALS"
    assert await code(auth, "ada@example.com", PASSWORD, ip="203.0.113.7") == "LOCKED_OUT"
    assert await code(auth, "ada@example.com", PASSWORD, ip="203.0.113.8") is None
    await let_time_pass()
    assert await code(auth, "ada@example.com", PASSWORD, ip="203.0.113.7") is None
    assert await code(auth, "nobody@example.com", ip="203.0.113.7") == "INVALID_CREDENTIALS"
    assert await code(auth, "ada@example.com", PASSWORD, ip="203.0.113.7") == "LOCKED_OUT", "success forgives nothing"


def test_an_ipv6_subscriber_is_one_address() -> None:
    assert network_of("2001:db8:1:2:aaaa::1") == network_of("2001:db8:1:2:bbbb::2") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of("::ffff:203.0.113.7") == network_of("203.0.113.7") == "203.0.113.7"


async def test_a_refused_attempt_at_the_address_does_not_count_for_the_account(auth: AuthClient) -> None:
    await code(auth, "ada@example.com", ip="203.0.113.7")
    await DB.execute("UPDATE attempts SET blocked_until = now() + interval '1 hour' WHERE kind = 'address'")
    for _ in range(10):
        assert await code(auth, "ada@example.com", ip="203.0.113.7") == "LOCKED_OUT"
    row = await DB.fetch_row("SELECT failures, pending FROM attempts WHERE kind = 'account'")
    assert tuple(row) == (1, 0)


async def test_attempts_of_a_process_that_died_are_forgotten(auth: AuthClient) -> None:
    await auth.register("ada@example.com")
    for _ in range(5):
        await code(auth, "ada@example.com")
    await let_time_pass()
    await DB.execute("UPDATE attempts SET pending = 1, pending_until = now() + interval '30 seconds'")
    assert await code(auth, "ada@example.com", PASSWORD) == "LOCKED_OUT"
    await DB.execute("UPDATE attempts SET pending_until = now() - interval '1 second'")
    assert await code(auth, "ada@example.com", PASSWORD) is None


async def test_failures_are_forgotten_after_a_day(auth: AuthClient) -> None:
    for _ in range(5):
        await code(auth, "ada@example.com")
    await let_time_pass()
    await DB.execute("UPDATE attempts SET last_failure_at = now() - interval '25 hours'")
    assert [await code(auth, "ada@example.com") for _ in range(5)] == ["INVALID_CREDENTIALS"] * 5


async def test_staff_and_a_reset_end_a_lockout(auth: AuthClient) -> None:
    who = await auth.member()
    activate = """mutation($u: ID!) { setUserActive(userId: $u, active: true, reason: "called us") {
        errors { code } } }"""
    for _ in range(6):
        await code(auth, "ada@example.com")
    assert await code(auth, "ada@example.com", PASSWORD) == "LOCKED_OUT"
    await auth.room.query(activate, {"u": who.user_id}, as_user=uuid4(), scopes=["users:write"])
    assert await code(auth, "ada@example.com", PASSWORD) is None


@pytest.mark.parametrize(
    "operation",
    [
        'changePassword(current: "wrong", new: "a new password") { errors { code } }',
        'requestEmailChange(newEmail: "b@example.com", password: "wrong") { errors { code } }',
    ],
)
async def test_an_open_session_is_no_way_to_guess(auth: AuthClient, operation: str) -> None:
    who = await auth.member()
    name = operation.partition("(")[0]
    codes = [
        (await auth.send_as(who, f"mutation {{ {operation} }}"))["data"][name]["errors"][0]["code"] for _ in range(7)
    ]
    assert codes == ["INVALID_CREDENTIALS"] * 5 + ["LOCKED_OUT"] * 2
    assert await code(auth, "ada@example.com", PASSWORD) == "LOCKED_OUT"


async def test_what_was_typed_is_not_kept(auth: AuthClient) -> None:
    await code(auth, "my secret instead of my address", ip="203.0.113.7")
    kept = await DB.fetch("SELECT row_to_json(a)::text AS row FROM attempts a")
    assert len(kept) == 2
    assert not any("secret" in row["row"] or "203.0.113.7" in row["row"] for row in kept)


# -- requests of strangers ------------------------------------------------------------------------------------------

RESET = "mutation($e: String!) { requestPasswordReset(email: $e) { errors { code } } }"
RESEND = "mutation($e: String!) { resendVerificationEmail(email: $e) { errors { code } } }"
REGISTER = """mutation($e: String!) { register(input: {email: $e, password: "a good password", firstName: "A",
    lastName: "B"}) { errors { code } } }"""


@pytest.mark.parametrize("mutation", [RESET, RESEND, REGISTER])
async def test_a_network_address_has_so_many_requests_about_anybody(auth: AuthClient, mutation: str) -> None:
    await auth.register("ada@example.com")

    async def refused(n: int, ip: str | None, email: str = "") -> str | None:
        body = {"query": mutation, "variables": {"e": email or f"somebody{n}@example.com"}}
        headers = {"x-forwarded-for": ip} if ip else {}
        answer = (await auth.room.http.post("/graphql", json=body, headers=headers)).json()
        (payload,) = answer["data"].values()
        return payload["errors"][0]["code"] if payload["errors"] else None

    await DB.execute(
        "INSERT INTO attempts (kind, subject, failures, last_failure_at) "
        "VALUES ('stranger', encode(sha256(convert_to('198.51.100.7', 'UTF8')), 'hex'), $1, now())",
        STRANGER.free - 2,
    )
    answers = [await refused(n, "198.51.100.7") for n in range(2)]
    assert answers == [None, None]
    assert await refused(3, "198.51.100.7") == "LOCKED_OUT"
    assert await refused(4, "198.51.100.7", "ada@example.com") == "LOCKED_OUT", "known or not"
    assert await refused(5, "198.51.100.8") is None
    assert await refused(6, None) is None
    await let_time_pass()
    assert await refused(7, "198.51.100.7") is None
