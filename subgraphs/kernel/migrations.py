"""Migrations of one room: what a migration file returns, which files exist, and the runner that `ops` drives.

A file ``migrations/<room>/<room>_NNNN_<verb>_<thing>.py`` returns :func:`sql_migration`, a Piccolo
``MigrationManager``. :class:`Migrator` applies and reverses them on one explicitly given database, each in a
transaction together with its row in Piccolo's ``migration`` table (S-047 to S-060), so that a failing one leaves
nothing and no global configuration is needed. Files are loaded by path under a room's name, so equal file names in two
rooms do not collide (D26).
"""

from __future__ import annotations

import contextvars
import importlib.util
import inspect
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import asyncpg
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

from subgraphs.kernel.settings import DatabaseSettings

_LOCK = 0x5704_0001  # advisory lock shared by everyone who migrates the same database
_running: contextvars.ContextVar[Any] = contextvars.ContextVar("migration_connection", default=None)

_BOOKKEEPING = (
    """
    CREATE TABLE IF NOT EXISTS migration (
        id serial PRIMARY KEY,
        name varchar(200) NOT NULL DEFAULT '',
        app_name varchar(200) NOT NULL DEFAULT '',
        ran_on timestamp NOT NULL DEFAULT current_timestamp
    )
    """,
    "COMMENT ON TABLE migration IS 'Migrations that were applied to this database; Piccolo''s own table'",
    "COMMENT ON COLUMN migration.id IS 'Order of application'",
    "COMMENT ON COLUMN migration.name IS 'Identifier of the migration: the stem of its file'",
    "COMMENT ON COLUMN migration.app_name IS 'Room that the migration belongs to'",
    "COMMENT ON COLUMN migration.ran_on IS 'When it was applied, UTC'",
)


class MigrationError(Exception):
    """A migration file is malformed, missing, or refused to run; the message names it."""


def sql_migration(
    migration_id: str,
    room: str,
    description: str,
    forwards: Sequence[str],
    backwards: Sequence[str],
    *,
    wrap_in_transaction: bool = True,
) -> MigrationManager:
    """A Piccolo migration made of SQL statements, one per item.

    ``wrap_in_transaction=False`` is for a single ``CREATE INDEX CONCURRENTLY``, alone in its file.
    """
    manager = MigrationManager(
        migration_id=migration_id,
        app_name=room,
        description=description,
        wrap_in_transaction=wrap_in_transaction,
    )
    manager.add_raw(_statements(forwards))
    manager.add_raw_backwards(_statements(backwards))
    return manager


def _statements(statements: Sequence[str]) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        connection = _running.get()
        for statement in statements:
            if connection is not None:
                await connection.execute(statement)
            else:  # Piccolo's own command line drives us: the engine of its configuration
                engine = engine_finder()
                if engine is None:
                    raise MigrationError("Piccolo finds no engine; use the shop's own migration command.")
                await engine.run_ddl(statement)

    return run


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration file."""

    id: str
    path: Path
    module: ModuleType

    @property
    def description(self) -> str:
        return str(self.module.DESCRIPTION)

    async def manager(self) -> MigrationManager:
        manager: MigrationManager = await self.module.forwards()
        return manager


@dataclass(frozen=True, slots=True)
class MigrationState:
    """A migration as `migrate status` shows it."""

    id: str
    description: str
    applied: bool


def migrations_folder() -> Path:
    """``STOA_MIGRATIONS`` or the folder beside the ``subgraphs`` package."""
    return Path(os.environ.get("STOA_MIGRATIONS") or Path(__file__).resolve().parents[2] / "migrations")


def room_migrations(room: str, folder: Path | None = None) -> tuple[Migration, ...]:
    """All migrations of ``room`` in order of their number."""
    directory = (folder or migrations_folder()) / room
    return tuple(_load(room, path) for path in sorted(directory.glob(f"{room}_[0-9]*.py")))


@cache
def _load(room: str, path: Path) -> Migration:
    spec = importlib.util.spec_from_file_location(f"stoa_migrations.{room}.{path.stem}", path)
    if spec is None or spec.loader is None:
        raise MigrationError(f"{path} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if getattr(module, "ID", None) != path.stem:
        raise MigrationError(f"{path}: ID must be {path.stem!r}.")
    if not getattr(module, "DESCRIPTION", ""):
        raise MigrationError(f"{path}: DESCRIPTION is empty.")
    return Migration(path.stem, path, module)


class Migrator:
    """Applies and reverses the migrations of one room on one database.

    ``async with Migrator.connect("auth", settings) as migrator: await migrator.up()``
    """

    def __init__(self, room: str, connection: Any, migrations: Sequence[Migration] | None = None) -> None:
        self.room = room
        self.connection = connection
        self.migrations = tuple(room_migrations(room) if migrations is None else migrations)

    @classmethod
    @asynccontextmanager
    async def connect(
        cls, room: str, settings: DatabaseSettings, migrations: Sequence[Migration] | None = None
    ) -> AsyncIterator[Migrator]:
        """A migrator on its own connection, without statement timeouts, alone on this database until it is left."""
        connection = await asyncpg.connect(
            **settings.connect_arguments(),
            server_settings={"application_name": f"stoa-{room}-migrate", "timezone": "UTC"},
        )
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
            yield cls(room, connection, migrations)
        finally:
            await connection.close()

    async def applied(self) -> list[str]:
        """Ids of the applied migrations, oldest first."""
        if await self.connection.fetchval("SELECT to_regclass('migration') IS NULL"):
            return []
        rows = await self.connection.fetch("SELECT name FROM migration WHERE app_name = $1 ORDER BY id", self.room)
        return [row["name"] for row in rows]

    async def pending(self) -> list[str]:
        """Ids of the migrations that are not applied, in order."""
        done = set(await self.applied())
        return [migration.id for migration in self.migrations if migration.id not in done]

    async def status(self) -> list[MigrationState]:
        """Every migration with its state; an applied one whose file is gone is listed last."""
        done = await self.applied()
        known = [MigrationState(item.id, item.description, item.id in done) for item in self.migrations]
        files = {item.id for item in self.migrations}
        return known + [MigrationState(name, "(file missing)", True) for name in done if name not in files]

    async def up(self, count: int | None = None, *, on_each: Callable[[str], None] | None = None) -> list[str]:
        """Apply the next ``count`` migrations, or all; answers their ids."""
        for statement in _BOOKKEEPING:
            await self.connection.execute(statement)
        pending = (await self.pending())[:count]
        for migration_id in pending:
            await self._run(migration_id, backwards=False)
            if on_each is not None:
                on_each(migration_id)
        return pending

    async def down(self, count: int | None = 1, *, on_each: Callable[[str], None] | None = None) -> list[str]:
        """Reverse the last ``count`` migrations, or all when None; answers their ids, newest first."""
        newest_first = list(reversed(await self.applied()))[:count]
        for migration_id in newest_first:
            await self._run(migration_id, backwards=True)
            if on_each is not None:
                on_each(migration_id)
        return newest_first

    async def _run(self, migration_id: str, *, backwards: bool) -> None:
        migration = next((item for item in self.migrations if item.id == migration_id), None)
        if migration is None:
            raise MigrationError(f"{migration_id} was applied to the {self.room} database but its file is gone.")
        manager = await migration.manager()
        token = _running.set(self.connection)
        try:
            if manager.wrap_in_transaction:
                async with self.connection.transaction():
                    await self._steps(manager, migration_id, backwards=backwards)
            else:
                await self._steps(manager, migration_id, backwards=backwards)
        except asyncpg.PostgresError as error:
            raise MigrationError(f"{migration_id}: {error}") from error
        finally:
            _running.reset(token)

    async def _steps(self, manager: MigrationManager, migration_id: str, *, backwards: bool) -> None:
        for step in manager.raw_backwards if backwards else manager.raw:
            result = step()
            if inspect.isawaitable(result):
                await result
        if backwards:
            await self.connection.execute(
                "DELETE FROM migration WHERE app_name = $1 AND name = $2", self.room, migration_id
            )
        else:
            await self.connection.execute(
                "INSERT INTO migration (app_name, name) VALUES ($1, $2)", self.room, migration_id
            )


async def pending_migrations(room: str, database: Any) -> list[str]:
    """Ids that a running service misses; its readiness depends on them (S-058)."""
    files = [migration.id for migration in room_migrations(room)]
    if await database.fetch_value("SELECT to_regclass('migration') IS NULL"):
        return files
    rows = await database.fetch("SELECT name FROM migration WHERE app_name = $1", room)
    done = {row["name"] for row in rows}
    return [name for name in files if name not in done]
