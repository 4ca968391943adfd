"""The audit trail: who changed what and when, by trigger, secrets stripped (D08, S-136)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from subgraphs.kernel.acting import acting_as
from subgraphs.kernel.audit import forget_in_audit_log
from subgraphs.kernel.database import Database, StatementLog, statement_log
from subgraphs.kernel.settings import ROOMS
from tests.fixtures.catalog import read_catalog
from tests.fixtures.databases import RoomDatabases

DB = Database("auth")

NOT_AUDITED = {
    "attempts": "counts of guesses, forgotten after two days",
    "audit_log": "is the trail",
    "checkout_sagas": "work in progress of a machine",
    "dead_letters": "written by consumers; a retry is a staff operation with an event of its own",
    "erasures": "is the evidence itself; the trail would say more of a person who is forgotten",
    "idempotency_keys": "forgotten after a day",
    "notification_logs": "append-only itself",
    "notifications": "one row per event, with its read state",
    "order_contacts": "a projection of order events",
    "order_status_history": "is the trail of orders' states",
    "outbox": "append-only itself",
    "processed_events": "append-only itself",
    "provider_messages": "written once; is itself the log of what providers told",
    "purchases": "a projection of order events",
    "recipients": "a projection of account events",
    "refresh_tokens": "rotation is its own trail: family, successor, times",
    "review_votes": "a person's mark, counted on the review",
    "search_words": "made from the catalog",
    "shopping_carts": "a draft; orders are the record",
    "stock_reservations": "a state machine with its reason in the row",
}


@pytest.fixture
async def database(room_database: RoomDatabases) -> AsyncIterator[Database]:
    async with DB.opened(room_database("auth")) as opened:
        yield opened


async def add_user(database: Database) -> UUID:
    user: UUID = await database.fetch_value(
        "INSERT INTO users (email, password_hash) VALUES ($1, 'argon2id-of-it') RETURNING id", f"{uuid4()}@example.com"
    )
    return user


async def in_transaction(database: Database, and_then: str = "SELECT 1") -> None:
    async with database.transaction():
        await add_user(database)
        await database.execute(and_then)


async def trail(database: Database) -> list[tuple[Any, ...]]:
    columns = "table_name, row_id, action, actor_id, request_id, old_row, new_row"
    return [tuple(row) for row in await database.fetch(f"SELECT {columns} FROM audit_log ORDER BY created_at")]


async def test_a_change_by_hand_is_there_without_an_actor(database: Database) -> None:
    user = await add_user(database)
    await database.execute("UPDATE users SET is_active = false WHERE id = $1", user)
    await database.execute("DELETE FROM users WHERE id = $1", user)
    inserted, updated, deleted = await trail(database)
    assert inserted[:5] == ("users", user, "insert", None, None)
    assert inserted[5] is None
    assert inserted[6]["is_active"] is True
    assert updated == ("users", user, "update", None, None, {"is_active": True}, {"is_active": False})
    assert deleted[2] == "delete"
    assert deleted[5]["is_active"] is False
    assert deleted[6] is None


async def test_secrets_never_reach_the_trail_but_their_change_does(database: Database) -> None:
    user = await add_user(database)
    await database.execute("UPDATE users SET password_hash = 'argon2id-of-another' WHERE id = $1", user)
    assert (await trail(database))[1][5:] == ({}, {})
    text = await database.fetch_value("SELECT string_agg(a::text, '') FROM audit_log a")
    assert "argon2id" not in text
    assert "password_hash" not in text


async def test_marks_of_activity_leave_no_entry(database: Database) -> None:
    user = await add_user(database)
    await database.execute("UPDATE users SET last_login_at = now() WHERE id = $1", user)
    await database.execute("UPDATE users SET is_active = is_active WHERE id = $1", user)
    assert len(await trail(database)) == 1


async def test_the_actor_of_a_transaction_is_named_and_only_there(database: Database) -> None:
    actor = uuid4()
    with acting_as(actor, "request-1"):
        await in_transaction(database)
    await add_user(database)
    assert [entry[3:5] for entry in await trail(database)] == [(actor, "request-1"), (None, None)]


async def test_a_single_statement_names_its_actor_at_no_price_in_statements(database: Database) -> None:
    actor = uuid4()
    token = statement_log.set(StatementLog())
    with acting_as(actor, "request-2"):
        user = await add_user(database)
        await database.execute(
            "WITH found AS (SELECT id FROM users) UPDATE users u SET is_active = false FROM found WHERE u.id = found.id"
        )
        assert await database.fetch_value("SELECT count(*) FROM users WHERE id = $1", user) == 1
    log = statement_log.get()
    statement_log.reset(token)
    assert log is not None
    assert len(log) == 3
    assert [entry[3:5] for entry in await trail(database)] == [(actor, "request-2")] * 2


async def test_what_is_rolled_back_did_not_happen(database: Database) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await in_transaction(database, "UPDATE users SET role = 'emperor'")
    assert await trail(database) == []


async def test_entries_cannot_be_rewritten(database: Database) -> None:
    await add_user(database)
    with pytest.raises(asyncpg.RestrictViolationError):
        await database.execute("UPDATE audit_log SET actor_id = $1", uuid4())


async def test_a_forgotten_person_leaves_only_that_something_changed(database: Database) -> None:
    user, other = await add_user(database), await add_user(database)
    await database.execute("UPDATE users SET email = 'changed@example.com' WHERE id = $1", user)
    before = await trail(database)
    assert await forget_in_audit_log(database, ["users"], [user]) == 2
    after = await trail(database)
    assert sorted(entry[:5] for entry in after if entry[1] == user) == sorted(
        entry[:5] for entry in before if entry[1] == user
    )
    assert [entry for entry in after if entry[1] == other] == [entry for entry in before if entry[1] == other]
    kept = [row for entry in after if entry[1] == user for row in entry[5:] if row is not None]
    assert {value for row in kept for value in row.values()} == {None}
    assert await forget_in_audit_log(database, ["users"], [uuid4()]) == 0


@pytest.mark.parametrize("room", ROOMS)
async def test_every_table_is_audited_or_says_why_not(room: str, room_database: RoomDatabases) -> None:
    connection = await asyncpg.connect(**room_database(room).connect_arguments())
    try:
        catalog = await read_catalog(connection)
    finally:
        await connection.close()
    for table, statement in catalog.items():
        audited = f"{table}_audit" in statement.get("triggers", ())
        assert audited != (table in NOT_AUDITED), table
