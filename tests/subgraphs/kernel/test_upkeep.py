"""Partitions made ahead and detached when old, rows deleted when they have served (D09, D45, S-113, S-017)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.auth.upkeep import UPKEEP as AUTH_UPKEEP
from subgraphs.kernel.database import Database
from subgraphs.kernel.partitions import (
    DETACHED_DAYS,
    Partitioned,
    detach_partitions,
    detached_partitions,
    drop_detached,
    make_partitions,
)
from subgraphs.kernel.upkeep import Upkeep, tidy
from subgraphs.order.upkeep import UPKEEP as ORDER_UPKEEP
from tests.fixtures.databases import RoomDatabases

DB = Database("auth")
ORDERS = Database("order")
ORDER = """
    INSERT INTO orders (order_number, user_id, subtotal, total, shipping_address, billing_address)
    SELECT left($1, 50), gen_random_uuid(), 1, 1, a, a
    FROM (SELECT '{"street": "1", "city": "c", "country": "US"}'::jsonb) AS t (a) RETURNING id
"""
NOW = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)


@pytest.fixture
async def database(room_database: RoomDatabases) -> AsyncIterator[Database]:
    async with DB.opened(room_database("auth")) as opened:
        yield opened


async def partitions(database: Database, table: str = "audit_log") -> list[str]:
    rows = await database.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::text::regclass ORDER BY 1",
        table,
    )
    return [row["name"] for row in rows]


async def log(database: Database, at: datetime) -> None:
    await database.execute("INSERT INTO audit_log (table_name, action, created_at) VALUES ('t', 'a', $1)", at)


async def where_rows_are(database: Database) -> list[tuple[str, int]]:
    rows = await database.fetch(
        "SELECT tableoid::regclass::text AS t, count(*) AS n FROM audit_log GROUP BY 1 ORDER BY 1"
    )
    return [(row["t"], row["n"]) for row in rows]


async def test_partitions_are_made_ahead_over_the_turn_of_the_year(database: Database) -> None:
    made = await make_partitions(database, "audit_log", date(2026, 11, 30))
    assert made == ["audit_log_2026_11", "audit_log_2026_12", "audit_log_2027_01", "audit_log_2027_02"]
    assert await make_partitions(database, "audit_log", date(2026, 11, 30)) == []
    assert await make_partitions(database, "audit_log", date(2026, 12, 1)) == ["audit_log_2027_03"]
    assert await partitions(database) == [
        *made, "audit_log_2027_03", "audit_log_default"
    ]  # fmt: skip


async def test_rows_of_the_default_partition_move_to_their_month(database: Database) -> None:
    for at in (
        datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 1, tzinfo=UTC),
        NOW,
        NOW + timedelta(1),
    ):
        await log(database, at)
    await make_partitions(database, "audit_log", NOW.date())
    moved = [("audit_log_2026_10", 1), ("audit_log_2026_11", 2), ("audit_log_2026_12", 1)]
    assert await where_rows_are(database) == moved
    await log(database, NOW)
    assert (await where_rows_are(database))[1] == ("audit_log_2026_11", 3)


async def test_rows_that_arrive_while_a_partition_is_made_are_not_refused(database: Database) -> None:
    async def arrive() -> None:
        for _ in range(150):
            await log(database, NOW)

    await asyncio.gather(*(arrive() for _ in range(6)), make_partitions(database, "audit_log", NOW.date()))
    assert (await where_rows_are(database)) == [("audit_log_2026_11", 900)]


async def test_who_writes_to_a_table_that_it_refers_to_first_is_not_in_its_way(room_database: RoomDatabases) -> None:
    async def buy(orders: Database) -> None:
        for _ in range(60):
            async with orders.transaction():
                order = await orders.fetch_value(ORDER, uuid4().hex)
                await asyncio.sleep(0.005)
                await orders.execute(
                    "INSERT INTO order_status_history (order_id, status, created_at) VALUES ($1, 'pending', $2)",
                    order,
                    NOW,
                )

    async with ORDERS.opened(room_database("order")) as orders:
        await asyncio.gather(*(buy(orders) for _ in range(6)), *(made_soon(orders, month) for month in range(1, 9)))
        assert await orders.fetch_value("SELECT count(*) FROM order_status_history_2026_11") == 360


async def made_soon(orders: Database, month: int) -> None:
    await asyncio.sleep(month / 50)
    await make_partitions(orders, "order_status_history", date(2026, month, 1))
    await make_partitions(orders, "order_status_history", NOW.date())


async def test_a_month_is_read_from_its_partition_alone(database: Database) -> None:
    await make_partitions(database, "audit_log", NOW.date())
    plan = await database.fetch(
        "EXPLAIN (COSTS OFF) SELECT * FROM audit_log WHERE created_at >= '2026-11-01Z' AND created_at < '2026-12-01Z'"
    )
    text = "\n".join(row[0] for row in plan)
    assert "audit_log_2026_11" in text
    assert "audit_log_2026_12" not in text
    assert "audit_log_default" not in text


async def test_old_partitions_leave_with_their_rows_under_their_name(database: Database) -> None:
    old = datetime(2024, 9, 15, tzinfo=UTC)
    await log(database, old)
    await make_partitions(database, "audit_log", old.date())
    await log(database, NOW)
    assert await detach_partitions(database, Partitioned("audit_log", 24), NOW.date()) == [
        "audit_log_2024_09",
        "audit_log_2024_10",
    ]
    assert await detach_partitions(database, Partitioned("audit_log", 24), NOW.date()) == []
    assert await database.fetch_value("SELECT count(*) FROM audit_log") == 1
    assert await database.fetch_value("SELECT count(*) FROM audit_log_2024_09") == 1


async def test_what_was_detached_is_dropped_ninety_days_later(database: Database) -> None:
    for year in (2023, 2024):
        await log(database, datetime(year, 9, 15, tzinfo=UTC))
    for day in (date(2025, 10, 31), NOW.date()):  # one leaves earlier than the other
        await make_partitions(database, "audit_log", NOW.date())
        await detach_partitions(database, Partitioned("audit_log", 24), day)
    both = ["audit_log_2023_09", "audit_log_2024_09"]
    assert await detached_partitions(database, "audit_log") == both
    comment = "SELECT obj_description('audit_log_2024_09'::regclass)"
    assert await database.fetch_value(comment) == "Rows of audit_log of September 2024. Detached on 2026-11-30."

    assert await drop_detached(database, "audit_log", date(2025, 10, 31) + timedelta(DETACHED_DAYS - 1)) == []
    assert await drop_detached(database, "audit_log", NOW.date()) == ["audit_log_2023_09"]
    assert await drop_detached(database, "audit_log", NOW.date() + timedelta(DETACHED_DAYS - 1)) == []
    assert await tidy(database, Upkeep(), NOW + timedelta(DETACHED_DAYS)) == {"audit_log": 1}
    assert await detached_partitions(database, "audit_log") == []
    assert await database.fetch_value("SELECT count(*) FROM audit_log") == 0


async def test_what_somebody_else_detached_gets_its_ninety_days_as_well(database: Database) -> None:
    await make_partitions(database, "audit_log", NOW.date())
    await database.execute("ALTER TABLE audit_log DETACH PARTITION audit_log_2026_12")
    await database.execute("CREATE TABLE audit_log_of_2026_12 (id integer)")  # looks alike, and is none
    for days, dropped in ((0, []), (DETACHED_DAYS - 1, []), (DETACHED_DAYS, ["audit_log_2026_12"])):
        assert await drop_detached(database, "audit_log", NOW.date() + timedelta(days)) == dropped
    assert await database.fetch_value("SELECT count(*) FROM audit_log_of_2026_12") == 0
    assert len(await partitions(database)) == 4, "what is attached stays"


async def test_append_only_holds_in_every_partition(database: Database) -> None:
    await make_partitions(database, "audit_log", NOW.date())
    names = await database.fetch(
        """
        SELECT i.inhrelid::regclass::text AS name FROM pg_inherits i
        WHERE i.inhparent = 'audit_log'::regclass AND NOT EXISTS (
            SELECT FROM pg_trigger t WHERE t.tgrelid = i.inhrelid AND t.tgfoid = 'refuse_update'::regproc)
        """
    )
    assert names == []


async def test_tokens_and_keys_go_when_they_have_served(database: Database) -> None:
    user: UUID = await database.fetch_value(
        "INSERT INTO users (email, password_hash) VALUES ('a@example.com', 'h') RETURNING id"
    )
    session = await database.fetch_value(
        "INSERT INTO sessions (user_id, expires_at) VALUES ($1, $2) RETURNING id", user, NOW
    )
    for days in (29, 31, 32):
        await database.execute(
            "INSERT INTO refresh_tokens (user_id, family_id, token_hash, expires_at) VALUES ($1, $2, $3, $4)",
            user, session, uuid4().hex * 2, NOW - timedelta(days),
        )  # fmt: skip
    for hours in (1, -1):
        await database.execute(
            "INSERT INTO idempotency_keys (scope, key, request_hash, expires_at) VALUES ('s', $1, 'h', $2)",
            str(hours), NOW - timedelta(hours=hours),
        )  # fmt: skip
    for published in (NOW - timedelta(8), NOW - timedelta(6), None):
        await database.execute("INSERT INTO outbox (type, aggregate, published_at) VALUES ('t', 'a', $1)", published)
    done = await tidy(database, AUTH_UPKEEP, NOW)
    assert done == {"refresh_tokens": 2, "idempotency_keys": 1, "outbox": 1}
    assert await tidy(database, AUTH_UPKEEP, NOW) == {}


async def test_batches_delete_everything(database: Database) -> None:
    await database.execute(
        "INSERT INTO processed_events (consumer, event_id, created_at)"
        " SELECT 'c', gen_random_uuid(), $1 FROM generate_series(1, 2500)",
        NOW - timedelta(31),
    )
    assert await tidy(database, Upkeep(), NOW) == {"processed_events": 2500}


async def test_expired_tokens_are_found_by_their_index(database: Database) -> None:
    await database.execute(
        """
        WITH u AS (INSERT INTO users (email, password_hash) VALUES ('a@example.com', 'h') RETURNING id),
             s AS (INSERT INTO sessions (user_id, expires_at) SELECT id, now() FROM u RETURNING id, user_id)
        INSERT INTO refresh_tokens (user_id, family_id, token_hash, expires_at)
        SELECT s.user_id, s.id, repeat(md5(n::text), 2), now() + n * interval '1 minute'
        FROM s, generate_series(1, 5000) n
        """
    )
    await database.execute("ANALYZE refresh_tokens")
    plan: list[Any] = await database.fetch(
        """
        EXPLAIN SELECT ctid FROM refresh_tokens WHERE expires_at < now() - interval '30 days'
        ORDER BY expires_at LIMIT 1000
        """
    )
    assert "idx_refresh_tokens_expires_at" in plan[1][0]


async def test_history_of_orders_spares_the_months_before_them(room_database: RoomDatabases) -> None:
    async with ORDERS.opened(room_database("order")) as orders:
        for months in (0, -1, -2):
            await make_partitions(orders, "order_status_history", date(2026, 11 + months, 1))
        assert [p.table for p in ORDER_UPKEEP.partitioned] == ["order_status_history"]
        plan = await orders.fetch(
            """
            EXPLAIN (COSTS OFF) SELECT * FROM order_status_history h
            WHERE h.order_id = gen_random_uuid() AND h.created_at >= '2026-11-01Z'
            """
        )
        text = "\n".join(row[0] for row in plan)
        assert "order_status_history_2026_11" in text
        assert "order_status_history_2026_10" not in text
