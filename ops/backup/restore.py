"""Restoring a backup: into a fresh database, compared with what was backed up, then swapped in by rename (S-068, D24).

Until the swap, which is one transaction, the database that is there stays as it is and in use.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from ops.backup.archive import reading
from ops.backup.contents import differences, read_contents, read_sequences
from ops.backup.manifest import Dumped, Manifest, file_sha256, read_manifest
from ops.backup.tools import load
from ops.local.postgres import Cluster
from subgraphs.kernel.migrations import room_migrations
from subgraphs.kernel.settings import DatabaseSettings

__all__ = ["RestoreError", "restore", "verify"]

_LIMIT_SECONDS = 600
_ALONE = 0x5704  # advisory lock, with the database's name: one restore or check of it at a time
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,30}")  # what is added to it must fit into 63 bytes
_HOLDS_TABLES = """
SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_')
"""


class RestoreError(Exception):
    """A database could not be restored and is as it was; the message says why."""


async def restore(
    backup: Path, room: str, settings: DatabaseSettings, superuser: Cluster, *, replace: bool = False
) -> str | None:
    """Make the room's database the one that was backed up; answers under which name the replaced one is kept, if any.

    Without ``replace`` only a database without tables is restored into. Raises ``RestoreError`` when the backup lacks
    the room, is damaged, or has migrations that this release does not know; then nothing has changed.
    """
    dumped = _checked(backup, read_manifest(backup), room)
    async with _administering(superuser) as admin:
        exists = await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1", settings.name)
        filled = False
        if exists:
            async with reading(settings) as connection:
                filled = await connection.fetchval(_HOLDS_TABLES)
        if filled and not replace:
            raise RestoreError(f"{settings.name} is not empty; --replace puts it aside.")
        async with _loaded(backup / dumped.file, dumped, settings, admin) as fresh:
            aside = f"{settings.name}_replaced_{_stamp()}" if exists else None
            await _swap(superuser, settings.name, fresh, aside)
        if aside and not filled:
            await admin.execute(f'DROP DATABASE "{aside}"')
            aside = None
    return aside


async def verify(backup: Path, room: str, settings: DatabaseSettings, superuser: Cluster) -> None:
    """Load the room's dump into a scratch database and compare it with the manifest.

    Raises ``RestoreError`` when it is not what was backed up. ``settings`` say whose the scratch database is.
    """
    dumped = _checked(backup, read_manifest(backup), room)
    async with _administering(superuser) as admin, _loaded(backup / dumped.file, dumped, settings, admin):
        pass


def _checked(backup: Path, manifest: Manifest, room: str) -> Dumped:
    dumped = manifest.rooms.get(room)
    if dumped is None:
        raise RestoreError(f"{backup} holds no database of {room}.")
    path = backup / dumped.file
    if path.parent != backup or not path.is_file():
        raise RestoreError(f"{path} is missing.")
    if file_sha256(path) != dumped.sha256:
        raise RestoreError(f"{path} is damaged: its checksum is not the manifest's.")
    unknown = sorted(set(dumped.contents.migrations) - {migration.id for migration in room_migrations(room)})
    if unknown:
        raise RestoreError(f"The backup of {room} is of a newer release: {', '.join(unknown)} is not known here.")
    return dumped


@asynccontextmanager
async def _loaded(archive: Path, dumped: Dumped, settings: DatabaseSettings, admin: Any) -> AsyncIterator[str]:
    """A fresh database with what is in the archive, compared; dropped in the end unless it has been renamed."""
    for name in (settings.name, settings.user):
        if not _IDENTIFIER.fullmatch(name):
            raise RestoreError(f"{name!r} is no name that a database can be restored under.")
    if not await admin.fetchval("SELECT pg_try_advisory_lock($1, hashtext($2))", _ALONE, settings.name):
        raise RestoreError(f"{settings.name} is being restored or verified by somebody else.")
    for left in await admin.fetch("SELECT datname FROM pg_database WHERE datname ~ $1", f"^{settings.name}_restoring_"):
        await admin.execute(f'DROP DATABASE IF EXISTS "{left["datname"]}" WITH (FORCE)')
    fresh = f"{settings.name}_restoring_{_stamp()}"
    where = DatabaseSettings(settings.host, settings.port, fresh, settings.user, settings.password)
    await admin.execute(f'CREATE DATABASE "{fresh}" TEMPLATE template0 OWNER "{settings.user}"')
    try:
        await admin.execute(f'REVOKE CONNECT, TEMPORARY ON DATABASE "{fresh}" FROM PUBLIC')
        await admin.execute(f'GRANT CONNECT, TEMPORARY ON DATABASE "{fresh}" TO "{settings.user}"')
        await load(archive, where)
        async with reading(where) as connection:
            await connection.execute("ANALYZE")  # a dump has no statistics
            sequences = await read_sequences(connection)
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                found = await read_contents(connection, where, sequences)
        if problems := differences(dumped.contents, found):
            raise RestoreError(f"What {archive} holds is not what was backed up: {'; '.join(problems)}.")
        yield fresh
    finally:
        await admin.execute(f'DROP DATABASE IF EXISTS "{fresh}" WITH (FORCE)')


async def _swap(superuser: Cluster, name: str, fresh: str, aside: str | None) -> None:
    """Rename in one transaction; clients of the old database are cut off and find the new one when they come again.

    A rename first keeps new clients waiting, then gives the present ones five seconds to leave: that is when they are
    cut off, so none can come back in between.
    """
    async with _administering(superuser) as admin, _administering(superuser) as doorkeeper, admin.transaction():
        if aside is not None:
            leaving = asyncio.create_task(_cut_off(doorkeeper, name))
            try:
                await admin.execute(f'ALTER DATABASE "{name}" RENAME TO "{aside}"')
            finally:
                leaving.cancel()
                await asyncio.gather(leaving, return_exceptions=True)
        await admin.execute(f'ALTER DATABASE "{fresh}" RENAME TO "{name}"')


async def _cut_off(doorkeeper: Any, name: str) -> None:
    while True:
        await doorkeeper.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        await asyncio.sleep(0.1)


@asynccontextmanager
async def _administering(superuser: Cluster) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(
        host=superuser.host,
        port=superuser.port,
        user=superuser.superuser,
        password=superuser.password or None,
        database="postgres",
        timeout=10,
        command_timeout=_LIMIT_SECONDS,
        server_settings={"application_name": "stoa-restore", "lock_timeout": "30s"},
    )
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


def _stamp() -> str:
    return f"{datetime.now(UTC):%Y%m%d%H%M%S%f}"
