"""Which indexes nothing reads (S-110): counted over partitions, and never one that keeps a rule."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from click.testing import CliRunner

from ops.cli import main
from ops.maintain.index_use import IndexUse, index_uses
from ops.rooms import ROOMS
from subgraphs.kernel.settings import DatabaseSettings
from tests.fixtures.databases import Databases, RoomDatabases


@pytest.fixture
def settings(room_database: RoomDatabases) -> DatabaseSettings:
    return room_database("order")


@pytest.fixture
async def connection(settings: DatabaseSettings) -> AsyncIterator[Any]:
    opened = await asyncpg.connect(**settings.connect_arguments(), timeout=10)
    yield opened
    await opened.close()


async def read_by_index(connection: Any, sql: str) -> None:
    """Run it without sequential scans, and have the server count it now instead of in its own time."""
    async with connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        await connection.fetch(sql)
    await connection.execute("SELECT pg_stat_force_next_flush()")


async def uses(connection: Any) -> dict[str, IndexUse]:
    return {index.name: index for index in (await index_uses(connection)).indexes}


async def test_an_index_that_is_read_is_not_unused_any_more(connection: Any) -> None:
    before = (await uses(connection))["idx_orders_status"]
    assert (before.table, before.scans, before.unused, before.keeps) == ("orders", 0, True, None)
    await read_by_index(connection, "SELECT id FROM orders WHERE status = 'pending' ORDER BY created_at DESC, id DESC")
    after = (await uses(connection))["idx_orders_status"]
    assert after.scans == 1
    assert not after.unused


async def test_partitions_count_for_the_index_of_their_table(connection: Any) -> None:
    await connection.execute(
        "CREATE TABLE audit_log_2020_01 PARTITION OF audit_log FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')"
    )
    before = await uses(connection)
    assert before["idx_audit_log_created_at"].unused
    assert before["idx_audit_log_created_at"].bytes == 2 * 8192, "the default partition's and the month's"
    assert not [name for name in before if name.startswith(("audit_log_2020", "audit_log_default"))]
    await read_by_index(
        connection,
        "SELECT id FROM audit_log WHERE created_at BETWEEN '2020-01-02' AND '2020-01-03' ORDER BY created_at",
    )
    assert (await uses(connection))["idx_audit_log_created_at"].scans == 1


async def test_what_keeps_a_rule_is_needed_though_nothing_reads_it(connection: Any) -> None:
    await connection.execute(
        """
        CREATE TABLE slots (id integer PRIMARY KEY, code text UNIQUE, during tstzrange,
                            order_id uuid REFERENCES orders (id), note text,
                            EXCLUDE USING gist (during WITH &&));
        CREATE INDEX slots_order ON slots (order_id);
        CREATE INDEX slots_order_noted ON slots (order_id) WHERE note IS NOT NULL;
        CREATE INDEX slots_note ON slots (note);
        CREATE UNIQUE INDEX slots_note_once ON slots (note)
        """
    )
    found = {name: index.keeps for name, index in (await uses(connection)).items() if index.table == "slots"}
    assert found == {
        "slots_pkey": "the primary key",
        "slots_code_key": "a unique key",
        "slots_during_excl": "an exclusion",
        "slots_order": "the foreign key slots_order_id_fkey",
        "slots_order_noted": None,
        "slots_note": None,
        "slots_note_once": "a unique key",
    }


async def test_statistics_say_since_when(connection: Any, databases: Databases, settings: DatabaseSettings) -> None:
    await read_by_index(connection, "SELECT id FROM orders WHERE status = 'pending'")
    assert (await index_uses(connection)).since is None
    databases.run("SELECT pg_stat_reset()", database=settings.name)
    found = await index_uses(connection)
    assert found.since == await connection.fetchval(
        "SELECT stats_reset FROM pg_stat_database WHERE datname = $1", settings.name
    )
    assert found.since is not None
    assert all(index.scans == 0 for index in found.indexes)


async def test_the_command_lists_six_databases(
    room_database: RoomDatabases, connection: Any, settings: DatabaseSettings
) -> None:
    environ = {}
    for room in ROOMS:
        database = room_database(room)
        environ |= {
            f"{room.upper()}_DATABASE_HOST": database.host,
            f"{room.upper()}_DATABASE_PORT": str(database.port),
            f"{room.upper()}_DATABASE_NAME": database.name,
            f"{room.upper()}_DATABASE_USER": database.user,
            f"{room.upper()}_DATABASE_PASSWORD": database.password,
        }
    environ |= {"DATABASE_HOST": settings.host, "COLUMNS": "200"}
    run = CliRunner(env=environ)

    async def stoa(*arguments: str) -> list[str]:
        result = await asyncio.to_thread(run.invoke, main, ["indexes", *arguments], catch_exceptions=False)
        assert result.exit_code == 0
        return [line.split()[0] for line in result.output.splitlines()]

    listed = await stoa()
    assert [word for word in listed if word in ROOMS] == list(ROOMS)
    assert "idx_orders_status" in listed
    assert "orders_pkey" not in listed
    assert "orders_pkey" in await stoa("--service", "order", "--all")
    await connection.execute("DROP INDEX idx_orders_status")
    assert "idx_orders_status" not in await stoa("--service", "order")
