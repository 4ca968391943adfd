"""Migrations from the command line: up, down, status, new, and the lock that keeps released files as they were.

Which database a room has comes from the same environment its service reads (S-084, D33).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import asyncpg
import click
from rich.table import Table

from ops.console import console, failing_clearly
from ops.rooms import ROOMS
from subgraphs.kernel.migrations import (
    MigrationError,
    MigrationState,
    Migrator,
    migrations_folder,
    room_migrations,
)
from subgraphs.kernel.settings import DatabaseSettings, RoomSettings, SettingsError

__all__ = ["changed_since_release", "migrate", "migrate_up"]

_LOCK = "migrations.lock"
_TEMPLATE = '''"""{title}."""

from subgraphs.kernel.migrations import sql_migration

ID = "{stem}"
VERSION = "1.38.0"
DESCRIPTION = "{title}"

FORWARDS = ()

BACKWARDS = ()


async def forwards():
    return sql_migration(ID, "{room}", DESCRIPTION, FORWARDS, BACKWARDS)
'''
_ALL = ("all", *ROOMS)


async def migrate_up(room: str, database: DatabaseSettings, on_each: Callable[[str], None] | None = None) -> list[str]:
    """Apply every pending migration of one room; answers what was applied."""
    async with Migrator.connect(room, database) as migrator:
        return await migrator.up(on_each=on_each)


def changed_since_release(root: Path) -> list[str]:
    """Migration files that differ from ``migrations.lock`` or are missing in it (S-054), sorted."""
    locked = dict(line.split()[::-1] for line in (root / _LOCK).read_text().splitlines())
    present = _hashes(root)
    return sorted(name for name in locked.keys() | present.keys() if locked.get(name) != present.get(name))


@click.group()
def migrate() -> None:
    """Move the schemas of the six databases up and down."""


@migrate.command()
@click.argument("room", type=click.Choice(_ALL), default="all")
def up(room: str) -> None:
    """Apply what is pending."""
    with failing_clearly(SettingsError, MigrationError, OSError, asyncpg.PostgresError):
        for name in _rooms(room):
            done = asyncio.run(migrate_up(name, _database(name), lambda step: console.print(f"  up   {step}")))
            console.print(f"{name}: {len(done)} applied" if done else f"{name}: nothing to do")


@migrate.command()
@click.argument("room", type=click.Choice(ROOMS))
@click.argument("count", type=click.IntRange(min=1), default=1)
def down(room: str, count: int) -> None:
    """Take back the last COUNT migrations of one room."""
    with failing_clearly(SettingsError, MigrationError, OSError, asyncpg.PostgresError):
        done = asyncio.run(_down(room, count))
    console.print(f"{room}: {len(done)} taken back" if done else f"{room}: nothing to take back")


@migrate.command()
@click.argument("room", type=click.Choice(_ALL), default="all")
@click.pass_context
def status(context: click.Context, room: str) -> None:
    """Show what is applied; exits with 1 when something is pending."""
    table = Table("room", "migration", "state", "what it does", box=None)
    pending = 0
    with failing_clearly(SettingsError, MigrationError, OSError, asyncpg.PostgresError):
        for name in _rooms(room):
            for state in asyncio.run(_status(name)):
                pending += not state.applied
                table.add_row(name, state.id, "applied" if state.applied else "pending", state.description)
    console.print(table)
    context.exit(1 if pending else 0)


@migrate.command()
@click.argument("room", type=click.Choice(ROOMS))
@click.argument("name")
def new(room: str, name: str) -> None:
    """Write an empty migration, numbered after the last: `stoa migrate new order add_gift_notes`."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise click.BadParameter("use lower case words joined by underscores", param_hint="NAME")
    number = len(room_migrations(room)) + 1
    stem = f"{room}_{number:04d}_{name}"
    path = migrations_folder() / room / f"{stem}.py"
    path.write_text(_TEMPLATE.format(stem=stem, room=room, title=name.replace("_", " ").capitalize()))
    console.print(f"Wrote {path}. Fill in both ways, then run `stoa migrate up {room}`.")


@migrate.command()
def release() -> None:
    """Write `migrations.lock`: from here on these files may not change (S-054)."""
    root = migrations_folder()
    lines = [f"{digest}  {name}\n" for name, digest in sorted(_hashes(root).items())]
    (root / _LOCK).write_text("".join(lines))
    console.print(f"{len(lines)} migrations locked")


def _rooms(room: str) -> tuple[str, ...]:
    return ROOMS if room == "all" else (room,)


def _database(room: str) -> DatabaseSettings:
    return RoomSettings.from_env(room).database


async def _down(room: str, count: int) -> list[str]:
    async with Migrator.connect(room, _database(room)) as migrator:
        return await migrator.down(count, on_each=lambda step: console.print(f"  down {step}"))


async def _status(room: str) -> list[MigrationState]:
    async with Migrator.connect(room, _database(room)) as migrator:
        return await migrator.status()


def _hashes(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.glob("*/*_[0-9]*.py"))
    }
