"""Registration and sign-in without enumeration, reading accounts, staff's changes (S-013 to S-015, D10)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from subgraphs.auth import domain, passwords
from subgraphs.auth.tables import DB
from subgraphs.auth.throttling import MAIL

USERS = """query($f: UserFilter, $n: Int, $a: String) { users(filter: $f, first: $n, after: $a) {
    totalCount pageInfo { hasNextPage endCursor } edges { cursor node { id email role active emailVerified } } } }"""


async def _insert_users(count: int) -> list[str]:
    rows = await DB.fetch(
        """
        INSERT INTO users (email, password_hash, created_at)
        SELECT 'user' || n || '@example.com', 'x', TIMESTAMPTZ '2026-01-01 00:00:00Z' + n / 3 * interval '1 second'
        FROM generate_series(1, $1::int) AS n RETURNING id
        """,
        count,
    )
    return [str(row["id"]) for row in rows]


# -- registration -----------------------------------------------------------------------------------------------------


async def test_names_travel_in_the_event_and_are_not_kept(auth: Any) -> None:
    answer = await auth.register("Ada@Example.com", locale="pt-BR")
    assert answer == {"tokens": None, "user": None, "errors": []}
    row = await DB.fetch_row("SELECT type, aggregate, payload FROM outbox")
    user_id = await DB.fetch_value("SELECT id FROM users")
    assert (row["type"], row["aggregate"]) == ("user.registered", f"user:{user_id}")
    assert row["payload"] == {
        "user_id": str(user_id),
        "email": "Ada@example.com",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "locale": "pt-BR",
        "guest_id": None,
        "token_id": str(await DB.fetch_value("SELECT id FROM email_verification_tokens")),
    }


async def test_a_taken_address_gets_the_same_answer_and_its_owner_is_told(auth: Any) -> None:
    first = await auth.register("ada@example.com")
    again = await auth.register(" ADA@example.COM ", password="another password")
    assert again == first
    assert await DB.fetch_value("SELECT count(*) FROM users") == 1
    types = [row["type"] for row in await DB.fetch("SELECT type FROM outbox ORDER BY id")]
    assert types == ["user.registered", "user.registration_repeated"]
    assert (await auth.login("ada@example.com", "another password"))["tokens"] is None


async def test_registering_costs_the_same_whoever_has_the_address_and_however_often_it_was_mailed(
    auth: Any, statements: list[list[str]]
) -> None:
    """The same statements in the same order, for a free address and a taken one, and each after too many mails."""
    await auth.register("ada@example.com")
    await auth.register("flooded@example.com")
    for _ in range(MAIL.free):
        await auth.register("flooded@example.com")
        await auth.room.query('mutation { requestPasswordReset(email: "nobody@example.com") { ok } }')
    told = "SELECT count(*) FROM outbox"
    costs = []
    for email, events in (
        ("free@example.com", 1),
        ("ada@example.com", 1),
        ("flooded@example.com", 0),
        ("nobody@example.com", 1),
    ):
        before = await DB.fetch_value(told)
        statements.clear()
        answer = await auth.register(email)
        (texts,) = statements
        assert await DB.fetch_value(told) == before + events
        assert texts
        costs.append((answer, texts))
    assert all(cost == costs[0] for cost in costs)


async def test_parallel_registrations_of_one_address_make_one_account(auth: Any) -> None:
    answers = await asyncio.gather(*(auth.register(email) for email in ["a@x.io", "A@x.io"] * 10))
    assert all(answer["errors"] == [] for answer in answers)
    assert await DB.fetch_value("SELECT count(*) FROM users") == 1


async def test_the_address_of_a_deleted_account_can_be_registered_again(auth: Any) -> None:
    await auth.register("ada@example.com")
    await DB.execute("UPDATE users SET deleted_at = now()")
    await auth.register("ada@example.com")
    assert await DB.fetch_value("SELECT count(*) FROM users WHERE deleted_at IS NULL") == 1


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ({"email": "nonsense"}, "email", "INVALID_EMAIL"),
        ({"email": "a" * 300 + "@example.com"}, "email", "INVALID_EMAIL"),
        ({"email": "ada@example.com\x00"}, "email", "INVALID_EMAIL"),
        ({"password": "short"}, "password", "WEAK_PASSWORD"),
        ({"password": "é" * 600}, "password", "WEAK_PASSWORD"),
        ({"password": "ada@example.com"}, "password", "WEAK_PASSWORD"),
        ({"firstName": " "}, "firstName", "INVALID_NAME"),
        ({"lastName": "x" * 101}, "lastName", "INVALID_NAME"),
        ({"lastName": "Love\x00lace"}, "lastName", "INVALID_NAME"),
        ({"locale": "'; DROP TABLE users"}, "locale", "INVALID_LOCALE"),
    ],
)
async def test_an_unacceptable_input_is_named_and_nothing_happens(
    auth: Any, given: dict[str, str], path: str, code: str
) -> None:
    answer = await auth.register(**{"email": "ada@example.com", **given})
    assert [(error["path"], error["code"]) for error in answer["errors"]] == [(["input", path], code)]
    assert await DB.fetch_value("SELECT count(*) FROM users") + await DB.fetch_value("SELECT count(*) FROM outbox") == 0


# -- sign-in ----------------------------------------------------------------------------------------------------------


async def test_whatever_is_wrong_the_refusal_reads_the_same(auth: Any) -> None:
    await auth.register("ada@example.com")
    wrong_password = await auth.login("ada@example.com", "wrong password")
    unknown = await auth.login("nobody@example.com")
    malformed = await auth.login("\x00🔑" * 200)
    await DB.execute("UPDATE users SET is_active = false")
    closed = await auth.login("ada@example.com")
    assert wrong_password == unknown == malformed == closed
    assert wrong_password["errors"][0]["code"] == "INVALID_CREDENTIALS"
    assert await DB.fetch_value("SELECT count(*) FROM sessions") == 0


async def test_an_unknown_address_costs_the_same_hash(auth: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str | None] = []
    verify = passwords.Passwords.verify

    async def noted(self: passwords.Passwords, stored: str | None, password: str) -> passwords.Verdict:
        verified.append(stored)
        return await verify(self, stored, password)

    monkeypatch.setattr(passwords.Passwords, "verify", noted)
    await auth.login("nobody@example.com")
    assert verified == [None]


async def test_sign_in_ignores_case_and_accepts_an_unverified_address(auth: Any) -> None:
    await auth.register("Ada@Example.com")
    assert auth.signed_in(await auth.login("  ada@example.COM"))
    assert await DB.fetch_value("SELECT is_verified FROM users") is False


async def test_a_hash_with_old_parameters_is_renewed_at_sign_in(auth: Any) -> None:
    who = await auth.member()
    old = await passwords.Passwords(time_cost=2, memory_kib=32).hash("correct horse battery")
    await DB.execute("UPDATE users SET password_hash = $1", old)
    auth.signed_in(await auth.login("ada@example.com"))
    renewed = await DB.fetch_value("SELECT password_hash FROM users WHERE id = $1", who.claims["sub"])
    assert renewed.startswith("$argon2id$v=19$m=64,t=1")
    auth.signed_in(await auth.login("ada@example.com"))
    assert await DB.fetch_value("SELECT password_hash FROM users") == renewed


async def test_a_new_password_ends_other_sessions_and_signs_in_again(auth: Any) -> None:
    who = await auth.member()
    other = auth.signed_in(await auth.login("ada@example.com"))
    change = """mutation($c: String!, $n: String!) { changePassword(current: $c, new: $n) {
        tokens { accessToken refreshToken expiresIn tokenType } errors { code path } } }"""
    refused = await auth.send_as(who, change, {"c": "wrong", "n": "a new password"})
    assert refused["data"]["changePassword"]["errors"] == [{"code": "INVALID_CREDENTIALS", "path": ["current"]}]
    assert await auth.alive(who)
    answer = await auth.send_as(who, change, {"c": "correct horse battery", "n": "a new password"})
    fresh = auth.signed_in(answer["data"]["changePassword"])
    assert [await auth.alive(one) for one in (who, other, fresh)] == [False, False, True]
    assert auth.signed_in(await auth.login("ada@example.com", "a new password"))


# -- reading ----------------------------------------------------------------------------------------------------------


async def test_me_reads_the_account_only_when_more_than_the_id_is_asked(auth: Any) -> None:
    who = await auth.member()
    bare = await auth.send_as(who, "{ me { __typename id } }")
    assert bare["data"]["me"] == {"__typename": "User", "id": who.user_id}
    assert bare["extensions"]["sql"]["statements"] == 0
    full = await auth.send_as(
        who, "{ me { ...all } } fragment all on User { email emailVerified role active createdAt lastLoginAt }"
    )
    assert full["data"]["me"]["email"] == "ada@example.com"
    assert (full["data"]["me"]["role"], full["data"]["me"]["active"]) == ("CUSTOMER", True)
    assert full["extensions"]["sql"]["statements"] == 1


async def test_nobody_signed_in_reads_nothing(auth: Any) -> None:
    (user_id,) = await _insert_users(1)
    for query in (
        "{ me { id } }",
        "{ mySessions { id } }",
        "{ users { totalCount } }",
        f'{{ user(id: "{user_id}") {{ id }} }}',
    ):
        answer = await auth.room.send(query)
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAUTHENTICATED"}


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_any_number_of_entities_costs_one_statement(auth: Any, count: int) -> None:
    ids = await _insert_users(count)
    operation = "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { id email role createdAt } } }"
    variables = {"r": [{"__typename": "User", "id": one} for one in ids]}
    answer = await auth.room.send(operation, variables, as_user=uuid4(), scopes=["users:read"])
    assert [entity["id"] for entity in answer["data"]["_entities"]] == ids
    assert answer["extensions"]["sql"]["statements"] == 1
    mutual = {"r": variables["r"] * 2}
    assert await auth.room.statements(operation, mutual, as_service="notification") == 1


async def test_a_reference_to_somebody_else_gives_the_id_and_nothing_more(auth: Any) -> None:
    (user_id,) = await _insert_users(1)
    representation = {"__typename": "User", "id": user_id}
    operation = "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { id email } } }"
    stranger = await auth.room.send(operation, {"r": [representation]}, as_user=uuid4())
    assert stranger["data"]["_entities"] == [None]
    assert stranger["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    unknown = await auth.room.send(operation, {"r": [{**representation, "id": str(uuid4())}]}, as_user=uuid4())
    assert unknown["errors"][0]["message"] == stranger["errors"][0]["message"]
    owner = await auth.room.entities("... on User { id email }", representation, as_user=user_id)
    assert owner == [{"id": user_id, "email": "user1@example.com"}]
    assert await auth.room.entities("... on User { id }", representation) == [{"id": user_id}]


async def test_one_bad_representation_does_not_spoil_the_others(auth: Any) -> None:
    (user_id,) = await _insert_users(1)
    operation = "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { email } } }"
    given = [{"__typename": "User", "id": one} for one in (user_id, "nonsense", str(uuid4()))]
    answer = await auth.room.send(operation, {"r": given}, as_user=uuid4(), scopes=["users:read"])
    assert answer["data"]["_entities"] == [{"email": "user1@example.com"}, None, None]


async def test_deleted_accounts_are_invisible(auth: Any) -> None:
    who = await auth.member()
    await DB.execute("UPDATE users SET deleted_at = now()")
    assert (await auth.send_as(who, "{ me { email } }"))["data"]["me"] is None
    listed = await auth.room.query(USERS, {"n": 5}, as_user=uuid4(), scopes=["users:read"])
    assert listed["users"]["totalCount"] == 0


async def test_pages_follow_each_other_without_gap_or_repetition(auth: Any) -> None:
    ids = await _insert_users(25)
    seen: list[str] = []
    cursor = None
    while True:
        data = await auth.room.query(USERS, {"n": 10, "a": cursor}, as_user=uuid4(), scopes=["users:read"])
        assert data["users"]["totalCount"] == 25
        seen += [edge["node"]["id"] for edge in data["users"]["edges"]]
        cursor = data["users"]["pageInfo"]["endCursor"]
        if not data["users"]["pageInfo"]["hasNextPage"]:
            break
    assert sorted(seen) == sorted(ids)
    assert len(seen) == 25


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"emailPrefix": "USER1"}, {1, 10, 11, 12}),
        ({"emailPrefix": "user_"}, set()),
        ({"emailPrefix": "%"}, set()),
        ({"emailPrefix": "' OR 1=1 --"}, set()),
        ({"role": "ADMIN"}, {3}),
        ({"active": False}, {4}),
        ({"verified": True, "emailPrefix": "user"}, {5}),
        ({"role": "CUSTOMER", "active": True, "verified": False, "emailPrefix": "user2"}, {2}),
    ],
)
async def test_filters_keep_what_they_say(auth: Any, wanted: dict[str, Any], expected: set[int]) -> None:
    await _insert_users(12)
    for column, value, number in (("role", "admin", 3), ("is_active", False, 4), ("is_verified", True, 5)):
        await DB.execute(f"UPDATE users SET {column} = $1 WHERE email = $2", value, f"user{number}@example.com")
    data = await auth.room.query(USERS, {"f": wanted, "n": 50}, as_user=uuid4(), scopes=["users:read"])
    emails = {edge["node"]["email"] for edge in data["users"]["edges"]}
    assert emails == {f"user{number}@example.com" for number in expected}
    assert data["users"]["totalCount"] == len(expected)


async def test_a_list_costs_a_page_and_a_count_only_when_asked(auth: Any) -> None:
    await _insert_users(30)
    staff = {"as_user": uuid4(), "scopes": ["users:read"]}
    assert await auth.room.statements("{ users(first: 10) { edges { node { email } } } }", **staff) == 1
    assert await auth.room.statements("{ users { totalCount } }", **staff) == 1
    assert await auth.room.statements("{ users { totalCount edges { cursor } } }", **staff) == 2


async def test_page_sizes_and_cursors_are_checked(auth: Any) -> None:
    for variables, code in (
        ({"n": 0}, "PAGE_SIZE_OUT_OF_RANGE"),
        ({"n": 100_000}, "PAGE_SIZE_OUT_OF_RANGE"),
        ({"a": "nonsense"}, "INVALID_CURSOR"),
    ):
        answer = await auth.room.send(USERS, variables, as_user=uuid4(), scopes=["users:read"])
        assert answer["errors"][0]["extensions"]["code"] == code


async def test_the_prefix_search_and_the_sign_in_use_the_unique_index(auth: Any) -> None:
    await _insert_users(5000)
    await DB.execute("ANALYZE users")
    for condition in ("LIKE lower('USER123') || '%'", "= lower('User1@example.com')"):
        plan = await DB.fetch(
            f"""EXPLAIN SELECT id FROM users WHERE lower(email) COLLATE "C" {condition} AND deleted_at IS NULL"""
        )
        assert "idx_users_email" in "".join(row[0] for row in plan)


async def test_a_page_walks_the_index_without_sorting(auth: Any) -> None:
    await _insert_users(5000)
    await DB.execute("ANALYZE users")
    plan = await DB.fetch(
        """
        EXPLAIN SELECT id FROM users
        WHERE deleted_at IS NULL AND (created_at, id) < (TIMESTAMPTZ '2026-01-01 00:10:00Z', gen_random_uuid())
        ORDER BY created_at DESC, id DESC LIMIT 21
        """
    )
    text = "".join(row[0] for row in plan)
    assert "idx_users_created_at" in text
    assert "Sort" not in text


# -- staff ------------------------------------------------------------------------------------------------------------


async def test_a_new_role_stops_old_tokens_and_comes_with_the_next_ones(auth: Any) -> None:
    who = await auth.member()
    change = "mutation($u: ID!) { setUserRole(userId: $u, role: FINANCE) { user { id } errors { code } } }"
    data = await auth.room.query(change, {"u": who.user_id}, as_user=uuid4(), scopes=["users:write"])
    assert data["setUserRole"]["errors"] == []
    assert not await auth.alive(who)
    renewed = auth.signed_in(await auth.refresh(who.refresh))
    assert renewed.claims["role"] == "FINANCE"
    assert set(renewed.claims["scopes"]) == {"orders:read", "payments:read", "payments:capture", "payments:refund"}


async def test_a_closed_account_loses_its_sessions_and_cannot_sign_in(auth: Any) -> None:
    who = await auth.member()
    change = """mutation($u: ID!, $a: Boolean!) { setUserActive(userId: $u, active: $a, reason: "chargebacks") {
        user { active } errors { code } } }"""
    staff = {"as_user": uuid4(), "scopes": ["users:write"]}
    assert (await auth.room.query(change, {"u": who.user_id, "a": False}, **staff))["setUserActive"]["user"] == {
        "active": False
    }
    assert not await auth.alive(who)
    assert (await auth.login("ada@example.com"))["tokens"] is None
    assert (await auth.refresh(who.refresh))["tokens"] is None
    await auth.room.query(change, {"u": who.user_id, "a": True}, **staff)
    assert auth.signed_in(await auth.login("ada@example.com"))


async def test_staff_without_the_scope_and_for_themselves_change_nothing(auth: Any) -> None:
    who = await auth.member()
    change = "mutation($u: ID!) { setUserRole(userId: $u, role: ADMIN) { errors { code } } }"
    denied = await auth.room.send(change, {"u": who.user_id}, as_user=who.user_id, scopes=["users:read"])
    assert denied["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    own = await auth.room.query(change, {"u": who.user_id}, as_user=who.user_id, scopes=["users:write"])
    assert own["setUserRole"]["errors"] == [{"code": "OWN_ACCOUNT"}]
    assert await DB.fetch_value("SELECT role FROM users") == "user"


async def test_hidden_operations_refuse_everybody_but_services(auth: Any) -> None:
    operation = 'mutation { mintLink(kind: "verify", tokenId: "x") }'
    admin = await auth.room.send(operation, as_user=uuid4(), scopes=domain.SCOPES)
    assert admin["errors"][0]["extensions"]["code"] == "FORBIDDEN"
