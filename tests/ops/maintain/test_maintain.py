"""Maintenance on a real database: statistics move, bloated and broken indexes are mended, failures are told (S-090)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from click.testing import CliRunner, Result

from ops.cli import main
from ops.maintain import Limits, Maintained, MaintenanceError, maintain
from ops.maintain.state import Index, indexes
from ops.rooms import ROOT
from subgraphs.kernel.settings import DatabaseSettings
from tests.fixtures.databases import Databases, RoomDatabases

LIMITS = Limits(waste=100_000, lock_seconds=1, statement_seconds=60)


@pytest.fixture
def settings(room_database: RoomDatabases) -> DatabaseSettings:
    return room_database("order")  # it has a partitioned table


@pytest.fixture
async def connection(settings: DatabaseSettings) -> AsyncIterator[Any]:
    opened = await asyncpg.connect(**settings.connect_arguments(), timeout=10)
    yield opened
    await opened.close()


async def find(connection: Any, plain: str) -> Index | None:
    return next((index for index in await indexes(connection) if index.plain == plain), None)


def of(reports: list[Maintained], table: str) -> Maintained:
    [report] = [report for report in reports if report.table == f"public.{table}"]
    return report


async def scatter(connection: Any, rows: int = 20_000) -> None:
    """A table whose index keeps one entry in twenty."""
    await connection.execute(
        f"""
        CREATE TABLE scattered (id uuid CONSTRAINT scattered_key PRIMARY KEY, n int);
        INSERT INTO scattered SELECT gen_random_uuid(), n FROM generate_series(1, {rows}) n;
        DELETE FROM scattered WHERE n % 20 <> 0
        """
    )


async def never_maintained(connection: Any) -> list[str]:
    rows = await connection.fetch(
        """
        SELECT c.relname::text AS name FROM pg_class c LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace
          AND (c.relkind IN ('r', 'p') AND s.last_analyze IS NULL OR c.relkind = 'r' AND s.last_vacuum IS NULL)
        """
    )
    return [row["name"] for row in rows]


async def test_every_table_is_vacuumed_and_analyzed(connection: Any, settings: DatabaseSettings) -> None:
    assert {"orders", "order_status_history", "order_status_history_default"} <= set(await never_maintained(connection))
    reports = await maintain(settings, LIMITS)
    assert await never_maintained(connection) == []
    assert [report for report in reports if report.failed] == []
    assert of(reports, "orders").done == ["vacuumed"]
    assert of(reports, "order_status_history").done == ["analyzed"]
    before = await connection.fetchval("SELECT last_analyze FROM pg_stat_all_tables WHERE relname = 'orders'")
    await maintain(settings, LIMITS)
    after = await connection.fetchval("SELECT last_analyze FROM pg_stat_all_tables WHERE relname = 'orders'")
    assert after > before


async def test_a_bloated_index_shrinks_and_a_dense_one_is_left(connection: Any, settings: DatabaseSettings) -> None:
    await scatter(connection)
    await connection.execute(
        """
        CREATE TABLE dense (id bigint CONSTRAINT dense_key PRIMARY KEY, note text);
        INSERT INTO dense SELECT n, md5(n::text) FROM generate_series(1, 20000) n;
        CREATE INDEX dense_expression ON dense (upper(note)) WHERE id % 2 = 0
        """
    )
    file = "SELECT pg_relation_filenode($1::text::regclass)"
    dense = [await connection.fetchval(file, name) for name in ("dense_key", "dense_expression")]
    bloated = await find(connection, "scattered_key")
    reports = await maintain(settings, LIMITS)
    rebuilt = await find(connection, "scattered_key")
    assert bloated is not None
    assert rebuilt is not None
    assert rebuilt.valid
    assert rebuilt.bytes < bloated.bytes / 5
    assert of(reports, "scattered").done[1].startswith("rebuilt scattered_key, 9")
    assert of(reports, "scattered").bytes_after < of(reports, "scattered").bytes_before
    assert [await connection.fetchval(file, name) for name in ("dense_key", "dense_expression")] == dense
    assert of(reports, "dense").done == ["vacuumed"]


async def test_the_estimate_is_close_to_what_a_rebuild_gives(connection: Any) -> None:
    await connection.execute(
        """
        CREATE TABLE measured (a uuid, b bigint, c text, d timestamptz);
        INSERT INTO measured SELECT gen_random_uuid(), n, md5(n::text),
            CASE WHEN n % 3 = 0 THEN now() + n * '1s'::interval END FROM generate_series(1, 10000) n;
        CREATE INDEX m_a ON measured (a);
        CREATE INDEX m_bc ON measured (b, c) WITH (fillfactor = 60);
        CREATE INDEX m_cd ON measured (lower(c), d);
        CREATE INDEX m_partial ON measured (c) WHERE b > 7000
        """
    )
    await connection.execute("VACUUM ANALYZE measured")
    for name in ("m_a", "m_bc", "m_cd", "m_partial"):
        index = await find(connection, name)
        assert index is not None
        assert index.needed is not None
        assert index.bytes * 0.85 < index.needed < index.bytes * 1.15, index


async def broken_rebuild(connection: Any, settings: DatabaseSettings) -> None:
    """REINDEX CONCURRENTLY that gives up waiting for another's transaction, as a killed one would leave it."""
    other = await asyncpg.connect(**settings.connect_arguments(), timeout=10)
    try:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("UPDATE scattered SET n = n WHERE n = 20")
        await connection.execute("SET lock_timeout = '100ms'")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await connection.execute("REINDEX INDEX CONCURRENTLY scattered_key")
        await transaction.rollback()
        await connection.execute("RESET lock_timeout")
    finally:
        await other.close()


async def test_what_broken_builds_left_is_dropped_or_rebuilt(connection: Any, settings: DatabaseSettings) -> None:
    await scatter(connection, 200)
    await broken_rebuild(connection, settings)
    left = await find(connection, "scattered_key_ccnew")
    assert left is not None
    assert left.leftover
    await connection.execute("UPDATE scattered SET n = 1")
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute("CREATE UNIQUE INDEX CONCURRENTLY scattered_n ON scattered (n)")

    failing = of(await maintain(settings, LIMITS), "scattered")
    assert "dropped scattered_key_ccnew, left by a broken rebuild" in failing.done
    assert [failure for failure in failing.failed if "could not create unique index" in failure] == failing.failed != []
    names = [index.plain for index in await indexes(connection) if index.table == "public.scattered"]
    assert names == ["scattered_key", "scattered_n"]  # and nothing that the failed rebuild left

    await connection.execute(
        "UPDATE scattered SET n = m FROM (SELECT id, row_number() OVER () AS m FROM scattered) s "
        "WHERE s.id = scattered.id"
    )
    mended = of(await maintain(settings, LIMITS), "scattered")
    assert mended.failed == []
    assert "rebuilt scattered_n, which was invalid" in mended.done
    assert all(index.valid for index in await indexes(connection))


async def test_an_index_whose_name_only_looks_left_over_stays(connection: Any, settings: DatabaseSettings) -> None:
    await scatter(connection, 20)
    await connection.execute("CREATE INDEX scattered_ccnew ON scattered (n)")
    await maintain(settings, LIMITS)
    assert await find(connection, "scattered_ccnew") is not None


async def test_full_gives_space_back_and_passes_over_what_is_locked(
    connection: Any, settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.maintain.work.FULL_LOCK_SECONDS", 1)
    await scatter(connection)
    async with connection.transaction():
        await connection.execute("LOCK TABLE orders IN ACCESS SHARE MODE")
        reports = await maintain(settings, LIMITS, full=True)
    assert of(reports, "scattered").bytes_after < of(reports, "scattered").bytes_before / 5
    assert "lock timeout" in of(reports, "orders").failed[0]
    assert [report.table for report in reports if report.failed] == ["public.orders"]


async def test_anothers_table_is_a_failure_and_two_at_once_are_refused(
    connection: Any, settings: DatabaseSettings, databases: Databases
) -> None:
    databases.run("CREATE TABLE foreign_to_us (id int)", database=settings.name)
    assert of(await maintain(settings, LIMITS), "foreign_to_us").failed == ["it belongs to postgres"]
    await connection.execute("SELECT pg_advisory_lock($1)", 0x5704_0004)
    with pytest.raises(MaintenanceError, match="somebody else"):
        await maintain(settings, LIMITS)


async def test_from_the_command_line(connection: Any, settings: DatabaseSettings) -> None:
    environ = {
        "DATABASE_HOST": settings.host,
        "ORDER_DATABASE_PORT": str(settings.port),
        "ORDER_DATABASE_NAME": settings.name,
        "ORDER_DATABASE_PASSWORD": settings.password,
        "AUTH_DATABASE_HOST": "/nowhere",
    }
    run = CliRunner(env=environ)

    async def stoa(*arguments: str) -> Result:
        return await asyncio.to_thread(run.invoke, main, ["maintain", *arguments], catch_exceptions=False)

    good = await stoa("--service", "order")
    assert (good.exit_code, "public.orders" in good.output) == (0, True)
    assert "locks each table" in (await stoa("--service", "order", "--full")).output
    bad = await stoa("--service", "order", "--service", "auth")  # one that does not answer keeps no other waiting
    assert (bad.exit_code, "auth: " in bad.output, "public.orders" in bad.output) == (1, True, True)


def test_no_advisory_lock_is_taken_for_another() -> None:
    """The relay of a running service holds one all the time."""
    files = [file for folder in ("subgraphs", "ops") for file in (ROOT / folder).rglob("*.py")]
    keys = [key for file in files for key in re.findall(r"= (0x5704_\w{4})\b", file.read_text())]
    assert len(keys) >= 5
    assert sorted(keys) == sorted(set(keys))
