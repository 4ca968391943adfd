"""Monthly partitions of append-only tables: made ahead of time, detached when old, dropped in the end (D09, S-113).

A partitioned table has a default partition, so that no row is ever refused; what it caught meanwhile moves when the
month's own partition is made. Detaching keeps the table and its rows under its name, out of every query's way but not
out of an erasure's, with the day in its comment; ``DETACHED_DAYS`` later it is dropped. Until then an operator may dump
it (docs/decisions/0013).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from subgraphs.kernel.database import Database

_LOCK = 0x5704_0003  # advisory lock: one process at a time makes or detaches partitions of a database
_AHEAD_MONTHS = 3
DETACHED_DAYS: Final = 90
_DETACHED = re.compile(r" Detached on (\d{4}-\d{2}-\d{2})\.$")


@dataclass(frozen=True, slots=True)
class Partitioned:
    """A table partitioned by ``created_at``, and how many whole months before the current one stay attached."""

    table: str
    months: int


def partition_name(table: str, month: date) -> str:
    """``audit_log_2026_11``."""
    return f"{table}_{month:%Y_%m}"


async def make_partitions(database: Database, table: str, today: date) -> list[str]:
    """Make the partitions that are missing of this month, the next three, and those that the default one holds rows of.

    Answers their names.

    Writers wait meanwhile; when it has to wait for them itself for more than a second, it raises LockNotAvailable.
    """
    made = []
    held = await database.fetch(f"SELECT DISTINCT date_trunc('month', created_at) AS month FROM {table}_default")
    months = {_month(today, distance) for distance in range(_AHEAD_MONTHS + 1)}
    for month in sorted(months | {row["month"].date() for row in held}):
        async with database.transaction():
            await database.fetch_value("SELECT pg_advisory_xact_lock($1)", _LOCK)
            if await _make(database, table, month):
                made.append(partition_name(table, month))
    return made


async def detach_partitions(database: Database, partitioned: Partitioned, today: date) -> list[str]:
    """Detach the partitions of months before the attached ones; answers their names, oldest first."""
    oldest = partition_name(partitioned.table, _month(today, -partitioned.months))
    rows = await database.fetch(
        """
        SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = $1::text::regclass AND c.relname < $2 AND c.relname ~ '_[0-9]{4}_[0-9]{2}$'
        ORDER BY c.relname
        """,
        partitioned.table,
        oldest,
    )
    for row in rows:
        async with database.transaction():
            await database.fetch_value("SELECT pg_advisory_xact_lock($1)", _LOCK)
            await database.execute(f"ALTER TABLE {partitioned.table} DETACH PARTITION {row['name']}")
            await _mark_detached(database, partitioned.table, row["name"], today)
    return [row["name"] for row in rows]


async def detached_partitions(database: Database, table: str) -> list[str]:
    """Former partitions of a table that are still there, oldest first.

    A statement that has to reach all rows takes the table first and these afterwards, in one transaction: a partition
    of what it has locked cannot leave it any more.
    """
    return list(await _comments_of_detached(database, table))


async def drop_detached(database: Database, table: str, today: date) -> list[str]:
    """Drop what was detached ``DETACHED_DAYS`` ago; answers the names, oldest first.

    One that does not say since when it is detached, because somebody else did it, is as if detached today.
    """
    dropped = []
    for name, comment in (await _comments_of_detached(database, table)).items():
        since = _DETACHED.search(comment)
        if since is None:
            await _mark_detached(database, table, name, today)
        elif (today - date.fromisoformat(since[1])).days >= DETACHED_DAYS:
            await database.execute(f"DROP TABLE IF EXISTS {name}")
            dropped.append(name)
    return dropped


async def _comments_of_detached(database: Database, table: str) -> dict[str, str]:
    rows = await database.fetch(
        """
        SELECT relname::text AS name, coalesce(obj_description(oid, 'pg_class'), '') AS comment FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT relispartition
          AND relname ~ ('^' || $1 || '_[0-9]{4}_[0-9]{2}$')
        ORDER BY relname
        """,
        table,
    )
    return {row["name"]: row["comment"] for row in rows}


async def _mark_detached(database: Database, table: str, name: str, today: date) -> None:
    month = date.fromisoformat(f"{name[-7:].replace('_', '-')}-01")
    await database.execute(
        f"COMMENT ON TABLE {name} IS 'Rows of {table} of {month:%B %Y}. Detached on {today.isoformat()}.'"
    )


async def _make(database: Database, table: str, month: date) -> bool:
    name, end = partition_name(table, month), _month(month, 1)
    if await database.fetch_value("SELECT to_regclass($1) IS NOT NULL", name):
        return False
    # The default partition refuses a new sibling while it holds rows of the sibling's month. Rows must wait before
    # they are routed: one that waits in front of the default partition would belong elsewhere when it gets in.
    await database.execute("SET LOCAL lock_timeout = '1s'")
    locked = ", ".join([*await _referenced(database, table), table])
    await database.execute(f"LOCK TABLE {locked} IN SHARE ROW EXCLUSIVE MODE")
    await database.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
    await database.execute(f"COMMENT ON TABLE {name} IS 'Rows of {table} of {month:%B %Y}'")
    await database.execute(
        f"""
        WITH moved AS (DELETE FROM {table}_default WHERE created_at >= $1 AND created_at < $2 RETURNING *)
        INSERT INTO {name} SELECT * FROM moved
        """,
        _start(month),
        _start(end),
    )
    await database.execute(
        f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{month} 00:00:00+00') TO ('{end} 00:00:00+00')"
    )
    return True


async def _referenced(database: Database, table: str) -> list[str]:
    """Tables that its foreign keys lead to: attaching locks them too, and who writes to both writes to them first."""
    rows = await database.fetch(
        """
        SELECT DISTINCT confrelid::regclass::text AS name FROM pg_constraint
        WHERE conrelid = $1::text::regclass AND contype = 'f' ORDER BY 1
        """,
        table,
    )
    return [row["name"] for row in rows]


def _month(day: date, distance: int) -> date:
    """The first day of the month so many months away."""
    months = day.year * 12 + day.month - 1 + distance
    return date(months // 12, months % 12 + 1, 1)


def _start(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=UTC)
