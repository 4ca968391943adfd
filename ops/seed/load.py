"""Load the demo shop with COPY, each room's tables in one transaction, so a room is seeded wholly or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager

import asyncpg
from argon2 import PasswordHasher

from ops.seed import accounts, catalog, inbox, trade
from ops.seed.rows import Row, Table
from ops.seed.world import World
from subgraphs.kernel.settings import DatabaseSettings

__all__ = ["demo_tables", "is_empty", "seed"]

_SEED_SECONDS = 3_600
_FIRST_TABLE = {
    "auth": "users",
    "user": "user_profiles",
    "product": "products",
    "order": "orders",
    "payment": "payments",
    "notification": "notifications",
}

Advance = Callable[[str, int], None]
"""Called with a table's name and how many more of its rows are on their way."""


def demo_tables(scale: int = 1) -> tuple[Table, ...]:
    """Every table that the demo shop fills, in an order that keeps foreign keys."""
    world = World(scale)
    password_hash = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(accounts.DEMO_PASSWORD)
    return (
        *accounts.tables(world, password_hash),
        *catalog.tables(world),
        *trade.tables(world),
        *inbox.tables(world),
    )


async def is_empty(databases: Mapping[str, DatabaseSettings]) -> list[str]:
    """The rooms that hold no data yet, in the order given."""
    empty = []
    for room, database in databases.items():
        connection = await asyncpg.connect(**database.connect_arguments())
        try:
            if not await connection.fetchval(f"SELECT EXISTS (SELECT FROM {_FIRST_TABLE[room]})"):
                empty.append(room)
        finally:
            await connection.close()
    return empty


async def seed(databases: Mapping[str, DatabaseSettings], tables: Sequence[Table], advance: Advance) -> None:
    """Copy ``tables`` into their rooms' databases; rooms one after another, as making the rows is the slow part."""
    for room, database in databases.items():
        connection = await asyncpg.connect(
            **database.connect_arguments(), server_settings={"application_name": f"stoa-{room}-seed"}
        )
        try:
            async with connection.transaction(), _unaudited(connection):
                for table in (table for table in tables if table.room == room):
                    await _copy(connection, table, advance)
            await connection.execute("ANALYZE")
        finally:
            await asyncio.wait_for(connection.close(), 10)


@asynccontextmanager
async def _unaudited(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Demo rows are nobody's change: their triggers rest until the end of the transaction."""
    audited = await connection.fetch(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgfoid = 'audit_row_change'::regproc ORDER BY 1"
    )
    for table, trigger in audited:
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    yield
    for table, trigger in audited:
        await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")


async def _copy(connection: asyncpg.Connection, table: Table, advance: Advance) -> None:
    await connection.copy_records_to_table(
        table.name,
        columns=table.columns.split(),
        records=_counted(table, advance),
        timeout=_SEED_SECONDS,
    )


def _counted(table: Table, advance: Advance) -> Iterator[Row]:
    pending = 0
    for row in table.rows():
        pending += 1
        if pending == 1_000:
            advance(table.name, pending)
            pending = 0
        yield row
    advance(table.name, pending)
