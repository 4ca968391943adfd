"""How long rows stay (D45): each line of each room's policy, with time standing still.

What is older than its limit goes, what is younger stays, and what is still needed stays however old it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest

from subgraphs.kernel.database import Database
from subgraphs.kernel.settings import ROOMS
from subgraphs.kernel.upkeep import SHARED, Upkeep, tidy
from tests.fixtures.databases import RoomDatabases

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=3650)
MOMENT = timedelta(seconds=1)
OPEN_STEPS = ("claimed", "reserved", "created", "declined", "authorized", "committed", "captured", "compensating")


@dataclass(frozen=True, slots=True)
class Line:
    """How to write a row of ``table`` whose age is that of ``$1``, and rows that are needed though as old as ``$1``."""

    row: str
    needed: tuple[str, ...] = ()


def of_user(table: str, columns: str, values: str) -> str:
    return f"""
        WITH u AS (INSERT INTO users (email, password_hash) VALUES (gen_random_uuid() || '@example.com', 'h')
                   RETURNING id)
        INSERT INTO {table} (user_id, {columns}) SELECT u.id, {values} FROM u
    """


TOKEN = "md5(random()::text) || md5(random()::text)"
REFRESH_TOKEN = f"""
    WITH u AS (INSERT INTO users (email, password_hash) VALUES (gen_random_uuid() || '@example.com', 'h') RETURNING id),
         s AS (INSERT INTO sessions (user_id, expires_at) SELECT id, 'infinity' FROM u RETURNING id, user_id)
    INSERT INTO refresh_tokens (user_id, family_id, token_hash, expires_at) SELECT user_id, id, {TOKEN}, $1 FROM s
"""
ORDER = """
    INSERT INTO orders (id, order_number, user_id, status, subtotal, total, shipping_address, billing_address)
    SELECT {id}, left(gen_random_uuid()::text, 50), gen_random_uuid(), '{status}', 1, 1, a, a
    FROM (SELECT '{{"street": "1", "city": "c", "country": "US"}}'::jsonb) AS t (a) RETURNING id
"""
SAGA = """
    INSERT INTO checkout_sagas (order_id, user_id, step, next_run_at, created_at, updated_at)
    VALUES (gen_random_uuid(), gen_random_uuid(), '{step}', {due}, $1, $1)
"""
SAGA_OF_ORDER = """
    WITH o AS ({order})
    INSERT INTO checkout_sagas (order_id, user_id, step, created_at, updated_at)
    SELECT id, gen_random_uuid(), 'failed', $1, $1 FROM o
"""
HOLD = """
    WITH p AS (INSERT INTO products (name, sku, slug, price, stock, reserved)
               SELECT s, s, s, 1, 9, 1 FROM (SELECT gen_random_uuid()::text AS s) AS t RETURNING id)
    INSERT INTO stock_reservations
        (order_id, product_id, quantity, status, expires_at, unit_price, currency, created_at, updated_at)
    SELECT gen_random_uuid(), id, 1, '{status}', $1, 1, 'EUR', $1, $1 FROM p
"""

SHARED_LINES = {
    "processed_events": Line("INSERT INTO processed_events (consumer, event_id, created_at) "
                             "VALUES ('c', gen_random_uuid(), $1)"),
    "outbox": Line(
        "INSERT INTO outbox (type, aggregate, published_at, created_at) VALUES ('t', 'a', $1, $1)",
        ("INSERT INTO outbox (type, aggregate, created_at) VALUES ('t', 'a', $1)",),
    ),
    "idempotency_keys": Line("INSERT INTO idempotency_keys (scope, key, request_hash, expires_at) "
                             "VALUES ('s', gen_random_uuid()::text, 'h', $1)"),
    "dead_letters": Line("INSERT INTO dead_letters (consumer, event_id, event_type, stream, event, error, created_at) "
                         "VALUES ('c', gen_random_uuid(), 't', 's', '{}', 'e', $1)"),
}  # fmt: skip
LINES: Mapping[str, Mapping[str, Line]] = {
    "auth": {
        "refresh_tokens": Line(REFRESH_TOKEN),
        "password_reset_tokens": Line(of_user("password_reset_tokens", "token_hash, expires_at", f"{TOKEN}, $1")),
        "email_verification_tokens": Line(
            of_user("email_verification_tokens", "token_hash, expires_at", f"{TOKEN}, $1")
        ),
        "email_change_tokens": Line(
            of_user("email_change_tokens", "new_email, token_hash, expires_at", f"'a@example.com', {TOKEN}, $1")
        ),
        "attempts": Line(
            "INSERT INTO attempts (kind, subject, updated_at) VALUES ('mail', gen_random_uuid()::text, $1)",
            ("INSERT INTO attempts (kind, subject, updated_at, blocked_until) "
             "VALUES ('mail', gen_random_uuid()::text, $1, 'infinity')",),
        ),
        "sessions": Line(of_user("sessions", "expires_at", "$1")),
    },
    "order": {
        "shopping_carts": Line("INSERT INTO shopping_carts (user_id, updated_at) VALUES (gen_random_uuid(), $1)"),
        "checkout_sagas": Line(
            SAGA.format(step="confirmed", due="NULL"),
            (
                *(SAGA.format(step=step, due="$1") for step in OPEN_STEPS),
                *(SAGA.format(step=step, due="NULL") for step in OPEN_STEPS),
                SAGA_OF_ORDER.format(order=ORDER.format(id="gen_random_uuid()", status="pending")),
            ),
        ),
    },
    "notification": {
        "order_contacts": Line(
            "INSERT INTO order_contacts (order_id, user_id, email, created_at) "
            "VALUES (gen_random_uuid(), gen_random_uuid(), 'a@example.com', $1)"
        ),
    },
    "payment": {
        "provider_messages": Line(
            "INSERT INTO provider_messages (provider, event_id, outcome, body_hash, created_at) "
            "VALUES ('p', gen_random_uuid()::text, 'applied', repeat('0', 64), $1)"
        ),
    },
    "product": {
        "stock_reservations": Line(
            HOLD.format(status="released"), (HOLD.format(status="held"), HOLD.format(status="committed"))
        ),
    },
}  # fmt: skip
PARTITIONED_ROWS = {
    "audit_log": "INSERT INTO audit_log (table_name, action, created_at) VALUES ('t', 'a', $1)",
    "order_status_history": "WITH o AS (" + ORDER.format(id="gen_random_uuid()", status="delivered") + ") "
    "INSERT INTO order_status_history (order_id, status, created_at) SELECT id, 'pending', $1 FROM o",
    "notifications": "INSERT INTO notifications (user_id, type, category, title, message, created_at) "
    "VALUES (gen_random_uuid(), 'in_app', 'system', 't', 'm', $1)",
    "notification_logs": "INSERT INTO notification_logs (notification_id, status, created_at) "
    "VALUES (gen_random_uuid(), 'pending', $1)",
}


def policy(room: str) -> Upkeep:
    upkeep: Upkeep = import_module(f"subgraphs.{room}.app").ROOM.upkeep
    return Upkeep(
        (*SHARED.partitioned, *upkeep.partitioned),
        (*SHARED.retention, *upkeep.retention),
        {**SHARED.kept, **upkeep.kept},
    )


@pytest.fixture(params=ROOMS)
def room(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def database(room: str, room_database: RoomDatabases) -> AsyncIterator[Database]:
    async with Database(room).opened(room_database(room)) as opened:
        yield opened


async def test_every_table_has_its_line(room: str, database: Database) -> None:
    """A new table needs a decision: partitions, an age, or a reason to keep what it holds."""
    rows = await database.fetch(
        """
        SELECT relname::text AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1
        """
    )
    upkeep = policy(room)
    listed = [p.table for p in upkeep.partitioned] + [r.table for r in upkeep.retention] + list(upkeep.kept)
    tables = [row["name"] for row in rows]
    assert sorted(listed) == tables
    assert all(upkeep.kept.values())


def test_every_line_is_tried() -> None:
    for room in ROOMS:
        upkeep = policy(room)
        assert {r.table for r in upkeep.retention} == {*SHARED_LINES, *LINES.get(room, {})}, room
        assert {p.table for p in upkeep.partitioned} <= PARTITIONED_ROWS.keys(), room


async def test_old_rows_go_and_no_others(room: str, database: Database) -> None:
    upkeep, lines = policy(room), {**SHARED_LINES, **LINES.get(room, {})}
    expected: dict[str, list[datetime]] = {}
    for retention in upkeep.retention:
        line, limit = lines[retention.table], NOW - retention.age
        for at in (LONG_AGO, limit - MOMENT, limit, limit + MOMENT):
            await database.execute(line.row, at)
        for statement in line.needed:
            await database.execute(statement, LONG_AGO)
        expected[retention.table] = [limit, limit + MOMENT]
    done = await tidy(database, policy_of_its_own(room), NOW)
    for retention in upkeep.retention:
        condition = "" if retention.table != "sessions" else " AND s.expires_at <> 'infinity'"
        left = await database.fetch(
            f"SELECT s.{retention.column} AS at FROM {retention.table} s WHERE s.{retention.column} > $1{condition}"
            f" ORDER BY 1",
            LONG_AGO,
        )
        assert [row["at"] for row in left] == expected[retention.table], retention.table
        assert done[retention.table] == 2, retention.table
        needed = await still_there(database, retention.table, retention.column)
        assert needed == len(lines[retention.table].needed), f"{retention.table}: {needed} needed rows are left"
    assert await tidy(database, policy_of_its_own(room), NOW) == {}


def policy_of_its_own(room: str) -> Upkeep:
    """What the room itself adds: ``tidy`` does what is shared anyway."""
    upkeep: Upkeep = import_module(f"subgraphs.{room}.app").ROOM.upkeep
    return upkeep


async def still_there(database: Database, table: str, column: str) -> Any:
    return await database.fetch_value(f"SELECT count(*) FROM {table} WHERE {column} = $1 OR {column} IS NULL", LONG_AGO)


async def test_old_months_are_detached_and_no_others(room: str, database: Database) -> None:
    for partitioned in policy(room).partitioned:
        months = NOW.year * 12 + NOW.month - 1 - partitioned.months
        oldest = date(months // 12, months % 12 + 1, 1)
        first = datetime(oldest.year, oldest.month, 1, tzinfo=UTC)
        for at in (first - MOMENT, first, NOW):
            await database.execute(PARTITIONED_ROWS[partitioned.table], at)
        done = await tidy(database, policy_of_its_own(room), NOW)
        assert done[partitioned.table] == 1
        left = await database.fetch(
            f"SELECT created_at AS at FROM {partitioned.table} WHERE created_at = ANY($1::timestamptz[]) ORDER BY 1",
            [first - MOMENT, first, NOW],
        )
        assert [row["at"] for row in left] == [first, NOW], partitioned.table
