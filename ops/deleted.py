"""``stoa deleted``: what was deleted softly (D07, S-112), and bringing it back.

Deleted rows are invisible to the graph; only products can be restored through it. Everything else comes back here, by
hand, under the unique rules of live rows. What a person had erased is gone for good: its row stays deleted.
"""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import click

from ops.console import console, failing_clearly
from ops.local.errors import StartError
from ops.local.running import running_environment
from ops.rooms import ROOMS
from subgraphs.kernel.acting import acting_as
from subgraphs.kernel.database import Database
from subgraphs.kernel.refusals import Unavailable
from subgraphs.kernel.settings import RoomSettings, SettingsError

__all__ = ["RestoreError", "deleted", "restore"]

_LISTED = 100
_room = click.argument("room", type=click.Choice(ROOMS))
_data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(os.environ.get("STOA_DATA", ".stoa")),
    help="Data directory of the running stack, unless the environment names the servers.  [default: .stoa]",
)


class RestoreError(Exception):
    """The row cannot come back; the message says why."""


_EXPECTED = (StartError, SettingsError, RestoreError, Unavailable, OSError, asyncpg.PostgresError)


@click.group()
def deleted() -> None:
    """Look at softly deleted rows, and restore one."""


@deleted.command(name="list")
@_data
@_room
def list_deleted(data: Path, room: str) -> None:
    """The rows deleted last, with who deleted them."""
    with failing_clearly(*_EXPECTED):
        rows = asyncio.run(_list(_settings(data, room)))
    for table, row_id, when, actor in rows:
        console.print(f"{when:%Y-%m-%d %H:%M}  {table} {row_id}  by {actor or 'the shop'}", soft_wrap=True)
    if not rows:
        console.print(f"{room}: nothing is deleted")


@deleted.command(name="restore")
@_data
@_room
@click.argument("table")
@click.argument("row_id", type=click.UUID)
def restore_one(data: Path, room: str, table: str, row_id: UUID) -> None:
    """Bring a row back: stoa deleted restore user user_addresses ID."""
    with failing_clearly(*_EXPECTED):
        asyncio.run(_restore(_settings(data, room), table, row_id))
    console.print(f"{room}: {table} {row_id} is live again")


async def restore(database: Database, table: str, row_id: UUID) -> None:
    """Bring a row back; raises RestoreError when it cannot."""
    if table not in await _tables(database):
        raise RestoreError(f"{table} is no table of {database.room} whose rows are deleted softly.")
    if database.room == "auth" and await database.fetch_value(
        "SELECT EXISTS (SELECT FROM erasures WHERE user_id = $1)", row_id
    ):
        raise RestoreError("The person had their account erased; nothing of it is left to restore.")
    with acting_as(None, "stoa deleted restore"):
        try:
            found = await database.execute(
                f"UPDATE {table} SET deleted_at = NULL WHERE id = $1 AND deleted_at IS NOT NULL", row_id
            )
        except asyncpg.UniqueViolationError as taken:
            raise RestoreError(f"A live row has taken its place ({taken.constraint_name}).") from taken
    if not found:
        raise RestoreError(f"{table} has no deleted row {row_id}.")


async def _tables(database: Database) -> list[str]:
    rows = await database.fetch(
        """
        SELECT table_name::text AS name FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name = 'deleted_at' ORDER BY table_name
        """
    )
    return [row["name"] for row in rows]


def _settings(data: Path, room: str) -> RoomSettings:
    return RoomSettings.from_env(room, running_environment(data, os.environ))


async def _list(settings: RoomSettings) -> list[tuple[str, UUID, datetime, UUID | None]]:
    database = Database(settings.room)
    async with database.opened(settings.database):
        found = [
            (table, row["id"], row["deleted_at"], row["actor_id"])
            for table in await _tables(database)
            for row in await database.fetch(
                f"""
                SELECT t.id, t.deleted_at, (
                    SELECT a.actor_id FROM audit_log a
                    WHERE a.table_name = $1 AND a.row_id = t.id AND a.new_row ->> 'deleted_at' IS NOT NULL
                    ORDER BY a.created_at DESC LIMIT 1
                ) AS actor_id
                FROM {table} t WHERE t.deleted_at IS NOT NULL ORDER BY t.deleted_at DESC LIMIT {_LISTED}
                """,
                table,
            )
        ]
    return sorted(found, key=lambda row: (row[2], row[1]), reverse=True)[:_LISTED]


async def _restore(settings: RoomSettings, table: str, row_id: UUID) -> None:
    database = Database(settings.room)
    async with database.opened(settings.database):
        await restore(database, table, row_id)
