"""The maintenance of one database.

Who waits for whom: VACUUM, ANALYZE and REINDEX CONCURRENTLY hold up no reader and no writer, so they may wait for a
lock as long as the shop's longest transaction lives. VACUUM FULL locks its table against everybody, and while it waits
everybody queues behind it: it gives up after ``FULL_LOCK_SECONDS``. A statement that runs into a limit fails, is
reported, and the rest goes on; what a REINDEX that failed leaves behind is dropped at once, or by the next run.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from ops.maintain.state import Index, Table, indexes, tables
from subgraphs.kernel.settings import DatabaseSettings

__all__ = ["FULL_LOCK_SECONDS", "Limits", "Maintained", "MaintenanceError", "maintain"]

FULL_LOCK_SECONDS = 5
_ALONE = 0x5704_0004  # advisory lock: one maintenance of a database at a time
_ANALYZE_ONLY_SINCE = 18  # before, ANALYZE of a partitioned table always samples its partitions again


class MaintenanceError(Exception):
    """The maintenance of a database cannot start; the message says why."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When an index is rebuilt, and how long a statement may wait and run."""

    bloat: float = 0.5  # part of the index estimated to be air; one filled at random has 0.25 without any fault
    waste: int = 1 << 20  # bytes to be won, below which no rebuild is worth its writes
    lock_seconds: int = 60
    statement_seconds: int = 3600


@dataclass(slots=True)
class Maintained:
    """What was done to one table, and what failed."""

    table: str
    bytes_before: int = 0
    bytes_after: int = 0
    dead: int = 0
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


async def maintain(
    settings: DatabaseSettings,
    limits: Limits,
    *,
    full: bool = False,
    on_each: Callable[[str], None] | None = None,
) -> list[Maintained]:
    """Maintain every table of one database; answers a report per table, by name.

    ``full`` rewrites tables with VACUUM FULL, each locked against everybody meanwhile. ``on_each`` is told the name of
    each table that is begun. Raises ``MaintenanceError`` when another maintenance of it is running.
    """
    async with _connected(settings, limits) as connection:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _ALONE):
            raise MaintenanceError(f"{settings.name} is being maintained by somebody else.")
        return await _Work(connection, limits, full).all(on_each or (lambda _: None))


@asynccontextmanager
async def _connected(settings: DatabaseSettings, limits: Limits) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(
        **settings.connect_arguments(),
        timeout=10,
        command_timeout=limits.statement_seconds + 30,  # the server's limit should speak first
        server_settings={
            "application_name": f"{settings.application_name}-maintain",
            "timezone": "UTC",
            "statement_timeout": f"{limits.statement_seconds}s",
            "lock_timeout": f"{limits.lock_seconds}s",
        },
    )
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


class _Work:
    def __init__(self, connection: Any, limits: Limits, full: bool) -> None:
        self._connection = connection
        self._limits = limits
        self._full = full
        self._reports: dict[str, Maintained] = {}

    async def all(self, on_each: Callable[[str], None]) -> list[Maintained]:
        found = await tables(self._connection)
        self._reports = {table.name: Maintained(table.name, table.bytes, table.bytes, table.dead) for table in found}
        await self._mend_indexes()
        for table in found:
            on_each(table.name)
            await self._vacuum(table)
        for index in await indexes(self._connection):
            if self._due(index):
                await self._rebuild(index, f"rebuilt {index.plain}, {index.bloat:.0%} bloat")
        for table in await tables(self._connection):
            if table.name in self._reports:
                self._reports[table.name].bytes_after = table.bytes
        return list(self._reports.values())

    async def _mend_indexes(self) -> None:
        """Drop what broken rebuilds left, and build anew what broken builds left (S-087)."""
        for index in await indexes(self._connection):
            if index.leftover:
                await self._drop(index)
            elif not index.valid and (index.partitioned or index.exclusion):
                self._report(index.table).failed.append(
                    f"{index.plain} is invalid and cannot be rebuilt beside traffic"
                )
            elif not index.valid:
                await self._rebuild(index, f"rebuilt {index.plain}, which was invalid")

    async def _vacuum(self, table: Table) -> None:
        report = self._report(table.name)
        if not table.ours:
            report.failed.append(f"it belongs to {table.owner}")
        elif table.partitioned:  # its partitions are tables of their own; it has but statistics over all of them
            only = "ONLY " if self._connection.get_server_version().major >= _ANALYZE_ONLY_SINCE else ""
            await self._run(report, f"ANALYZE {only}{table.name}", "analyzed")
        elif self._full:
            await self._connection.execute(f"SET lock_timeout = '{FULL_LOCK_SECONDS}s'")
            await self._run(report, f"VACUUM (FULL, ANALYZE) {table.name}", "rewritten")
            await self._connection.execute(f"SET lock_timeout = '{self._limits.lock_seconds}s'")
        else:
            await self._run(report, f"VACUUM (ANALYZE) {table.name}", "vacuumed")

    def _due(self, index: Index) -> bool:
        rebuildable = index.valid and not index.partitioned and not index.exclusion
        return rebuildable and index.bloat >= self._limits.bloat and index.wasted >= self._limits.waste

    async def _rebuild(self, index: Index, done: str) -> None:
        report = self._report(index.table)
        if await self._run(report, f"REINDEX INDEX CONCURRENTLY {index.name}", done):
            return
        for left in await indexes(self._connection):
            if left.leftover and left.table == index.table:
                await self._drop(left)

    async def _drop(self, index: Index) -> None:
        statement = f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}"
        await self._run(self._report(index.table), statement, f"dropped {index.plain}, left by a broken rebuild")

    async def _run(self, report: Maintained, statement: str, done: str) -> bool:
        try:
            await self._connection.execute(statement)
        except (asyncpg.PostgresError, TimeoutError) as error:
            if self._connection.is_closed():
                raise
            report.failed.append(f"{statement}: {error or 'no answer in time'}")
            return False
        report.done.append(done)
        return True

    def _report(self, table: str) -> Maintained:
        return self._reports.setdefault(table, Maintained(table))
