"""Taking a backup. Until it is whole and on disk, it has a name that no one takes for a backup's."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from ops.backup.contents import SESSION, read_contents, read_sequences
from ops.backup.manifest import MANIFEST, BackupError, Dumped, Manifest, file_bytes, file_sha256, whole_backups
from ops.backup.tools import LOCK_SECONDS, absent_tables, dump
from subgraphs.kernel.settings import DatabaseSettings

__all__ = ["backup", "reading"]

_PARTIAL = ".partial"
_STATEMENT_SECONDS = 3600


async def backup(
    databases: Mapping[str, DatabaseSettings],
    to: Path,
    *,
    keep: int = 30,
    now: datetime | None = None,
    on_each: Callable[[str], None] | None = None,
) -> Path:
    """Back up the rooms' databases into a new directory below ``to``; answers it.

    The first failure ends it, and nothing is left that looks like a backup. When it has succeeded, all but the ``keep``
    newest backups are removed. Raises ``BackupError``, ``ToolError`` or what the database says.
    """
    taken_at = now or datetime.now(UTC)
    stamp = f"{taken_at:%Y%m%d_%H%M%S}"
    with _alone(to):
        with _published(to, stamp) as partial:
            rooms: dict[str, Dumped] = {}
            for room, settings in databases.items():
                rooms[room] = await _dumped(room, settings, partial / f"{room}_db_{stamp}.dump")
                if on_each is not None:
                    on_each(room)
            manifest = Manifest(taken_at=taken_at, rooms=rooms)
            _write(partial / MANIFEST, manifest.model_dump_json(indent=2))
        _write_metrics(to, manifest)
        _prune(to, keep)
    return to / stamp


@asynccontextmanager
async def reading(settings: DatabaseSettings) -> AsyncIterator[Any]:
    """A connection on which rows read the same everywhere."""
    connection = await asyncpg.connect(
        **settings.connect_arguments(),
        timeout=10,
        command_timeout=_STATEMENT_SECONDS,
        server_settings={
            **SESSION,
            "application_name": f"{settings.application_name}-backup",
            "lock_timeout": f"{LOCK_SECONDS}s",
        },
    )
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


async def _dumped(room: str, settings: DatabaseSettings, file: Path) -> Dumped:
    async with reading(settings) as connection:
        sequences = await read_sequences(connection)  # before the dump, which may see them further
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await dump(settings, await connection.fetchval("SELECT pg_export_snapshot()"), file)
            contents = await read_contents(connection, settings, sequences)
        server = await connection.fetchval("SHOW server_version")
    if absent := await absent_tables(file, contents.tables):
        raise BackupError(f"The dump of {room} lacks {', '.join(absent)}.")
    _flush(file)
    return Dumped(
        database=f"{room}_db",
        file=file.name,
        bytes=file_bytes(file),
        sha256=file_sha256(file),
        server=server,
        contents=contents,
    )


@contextmanager
def _alone(to: Path) -> Iterator[None]:
    to.mkdir(parents=True, exist_ok=True)
    handle = os.open(to / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"Another backup into {to} is running.") from None
        yield
    finally:
        os.close(handle)


@contextmanager
def _published(to: Path, stamp: str) -> Iterator[Path]:
    """A directory to fill, which gets its name when it is filled and on disk, and is removed if it is not filled."""
    for left in to.glob(f".*{_PARTIAL}"):
        shutil.rmtree(left)
    whole, partial = to / stamp, to / f".{stamp}{_PARTIAL}"
    if whole.exists():
        raise BackupError(f"{whole} is there already.")
    partial.mkdir(mode=0o700)
    try:
        yield partial
        _flush(partial)
        partial.rename(whole)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _flush(to)


def _prune(to: Path, keep: int) -> None:
    for old in whole_backups(to)[:-keep]:
        doomed = old.with_name(f".{old.name}{_PARTIAL}")
        old.rename(doomed)  # half removed, it must not look whole
        shutil.rmtree(doomed)


def _write_metrics(to: Path, manifest: Manifest) -> None:
    """For a collector of text files: when each database was last backed up, and how big that is (S-064)."""
    lines = ["# TYPE backup_last_success_timestamp_seconds gauge", "# TYPE backup_size_bytes gauge"]
    for dumped in manifest.rooms.values():
        label = f'{{db="{dumped.database}"}}'
        lines.append(f"backup_last_success_timestamp_seconds{label} {manifest.taken_at.timestamp():.0f}")
        lines.append(f"backup_size_bytes{label} {dumped.bytes}")
    partial = to / ".backup.prom"
    _write(partial, "\n".join(sorted(lines)) + "\n")
    partial.replace(to / "backup.prom")


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    _flush(path)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
