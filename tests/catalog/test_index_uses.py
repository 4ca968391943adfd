"""No index without a statement that reads it, a rule that it keeps, or a stated reason (S-132)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import asyncpg
import pytest

from ops.maintain.index_use import index_uses
from ops.rooms import ROOT
from subgraphs.kernel.settings import ROOMS
from subgraphs.kernel.upkeep import SHARED as UPKEEP_OF_ALL
from subgraphs.kernel.upkeep import Upkeep
from tests.catalog.index_uses import SHARED, SHARED_WAITING, USES, WAITING, Use, old
from tests.fixtures.databases import RoomDatabases

LISTED = [(room, name) for room in ROOMS for name in {**SHARED, **USES[room]}]


def sources(room: str) -> str:
    """What may send statements to a room's database, each run of white space as one space."""
    folders = [ROOT / "subgraphs" / room, ROOT / "subgraphs/kernel", ROOT / "ops", ROOT / "migrations" / room]
    return " ".join(" ".join(path.read_text().split()) for folder in folders for path in sorted(folder.rglob("*.py")))


def indexes_of(plan: dict[str, Any]) -> Iterator[str]:
    if "Index Name" in plan:
        yield plan["Index Name"]
    for child in plan.get("Plans", ()):
        yield from indexes_of(child)


async def read(connection: Any, use: Use) -> set[str]:
    """The indexes that the statement's plan reads, as their partitioned table's where there is one."""
    async with connection.transaction():
        # The tables are empty: what is asked is whether the index fits the statement, not whether it is cheaper yet.
        for setting in ("enable_seqscan", "enable_sort"):
            await connection.execute(f"SET LOCAL {setting} = off")
        [plan] = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {use.asked}"))
        rows = await connection.fetch(
            """
            SELECT coalesce(p.relname, i.relname)::text AS name FROM pg_class i
            LEFT JOIN pg_inherits h ON h.inhrelid = i.oid LEFT JOIN pg_class p ON p.oid = h.inhparent
            WHERE i.relname = ANY ($1::text[])
            """,
            list(indexes_of(plan["Plan"])),
        )
    return {row["name"] for row in rows}


async def test_every_index_has_its_reason(room: str, connection: Any) -> None:
    """A new index fails here until it is listed with the statement that it was made for."""
    found = (await index_uses(connection)).indexes
    needed = sorted(index.name for index in found if index.keeps is None and index.table != "migration")
    waiting = {**SHARED_WAITING, **WAITING.get(room, {})}
    assert needed == sorted([*SHARED, *USES[room], *waiting])
    assert all(waiting.values())


async def test_statements_read_the_indexes_that_were_made_for_them(room: str, connection: Any) -> None:
    missed = {}
    for name, use in {**SHARED, **USES[room]}.items():
        if name not in (plan := await read(connection, use)):
            missed[name] = plan
    assert missed == {}


async def test_what_has_grown_old_is_found_by_an_index(room: str, connection: Any) -> None:
    """Every hour in every process: a retention without its index would read a table whole, however little is old."""
    upkeep: Upkeep = import_module(f"subgraphs.{room}.upkeep").UPKEEP
    missed = {}
    for each in (*UPKEEP_OF_ALL.retention, *upkeep.retention):
        asked = old(each.table, each.column, each.condition.replace("$1", "now()"))
        if f"idx_{each.table}_{each.column}" not in (plan := await read(connection, Use("", asked))):
            missed[each.table] = plan
    assert missed == {}


@pytest.mark.parametrize("listed", ROOMS)
def test_the_statements_are_the_shops(listed: str) -> None:
    text = sources(listed)
    assert [name for name, use in {**SHARED, **USES[listed]}.items() if use.said not in text] == []


async def test_an_index_that_does_not_fit_is_found(room_database: RoomDatabases) -> None:
    connection = await asyncpg.connect(**room_database("order").connect_arguments())
    try:
        use = USES["order"]["idx_orders_status"]
        assert await read(connection, use) == {"idx_orders_status"}
        await connection.execute("DROP INDEX idx_orders_status; CREATE INDEX idx_orders_status ON orders (total)")
        assert "idx_orders_status" not in await read(connection, use)
        await connection.execute("CREATE INDEX new_and_unexplained ON orders (tax)")
        assert "new_and_unexplained" in [i.name for i in (await index_uses(connection)).indexes if i.keeps is None]
    finally:
        await connection.close()


async def test_every_partitioned_table_is_read_by_the_month(room: str, connection: Any) -> None:
    """What partitions are for: a time leaves out all months but its own, and the default one."""
    rows = await connection.fetch("SELECT partrelid::regclass::text AS name FROM pg_partitioned_table ORDER BY 1")
    assert "audit_log" in [row["name"] for row in rows]
    for (table,) in rows:
        for month in (1, 2):
            await connection.execute(
                f"CREATE TABLE {table}_2020_0{month} PARTITION OF {table} "
                f"FOR VALUES FROM ('2020-0{month}-01Z') TO ('2020-0{month + 1}-01Z')"
            )
        plan = await connection.fetch(
            f"EXPLAIN (COSTS OFF) SELECT id FROM {table} "
            "WHERE created_at >= '2020-01-10Z' AND created_at < '2020-01-20Z'"
        )
        text = "\n".join(row[0] for row in plan)
        assert f"{table}_2020_01" in text
        assert f"{table}_2020_02" not in text
        assert f"{table}_default" not in text
