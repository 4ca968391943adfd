"""The command line of backups."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import click

from ops.backup.archive import backup
from ops.backup.manifest import BackupError, read_manifest, whole_backups
from ops.backup.restore import RestoreError, restore, verify
from ops.backup.tools import ToolError
from ops.console import console, failing_clearly
from ops.local.errors import StartError
from ops.local.postgres import Cluster
from ops.local.running import database_environment, superuser_environment
from ops.rooms import ROOMS
from subgraphs.kernel.settings import DatabaseSettings, RoomSettings, SettingsError

__all__ = ["backup_command", "restore_command"]

_EXPECTED = (
    StartError,
    SettingsError,
    BackupError,
    RestoreError,
    ToolError,
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)
_data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(os.environ.get("STOA_DATA", ".stoa")),
    help="Data directory of the running stack, unless the environment names the servers.  [default: .stoa]",
)
_services = click.option("--service", "services", multiple=True, type=click.Choice(ROOMS), help="Only it; repeatable.")
_directory = click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))


@click.group("backup", invoke_without_command=True)
@_data
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), help="Directory that the backups lie in.")
@click.option("--keep", type=click.IntRange(1, 10_000), default=30, show_default=True, help="How many backups to keep.")
@click.pass_context
def backup_command(context: click.Context, data: Path, to: Path | None, keep: int) -> None:
    """Back up the six databases into a new directory below --to, then remove all but the newest backups there."""
    if context.invoked_subcommand:
        return
    if to is None:
        raise click.UsageError("Missing option '--to'.")
    with failing_clearly(*_EXPECTED):
        where = _databases(database_environment(data, os.environ), ())
        taken = asyncio.run(
            backup(where, to.resolve(), keep=keep, on_each=lambda room: console.print(f"{room}: dumped"))
        )
        size = sum(dumped.bytes for dumped in read_manifest(taken).rooms.values())
    console.print(f"Backed up to {taken} ({size} bytes).", soft_wrap=True)


@backup_command.command("verify")
@_data
@_services
@_directory
def verify_command(data: Path, services: tuple[str, ...], directory: Path) -> None:
    """Load a backup, or the newest one in DIRECTORY, into scratch databases and compare them with its manifest."""
    with failing_clearly(*_EXPECTED):
        chosen, environ = _chosen(directory), database_environment(data, os.environ)
        superuser = _superuser(data)
        for room, settings in _databases(environ, services or tuple(read_manifest(chosen).rooms)).items():
            asyncio.run(verify(chosen, room, settings, superuser))
            console.print(f"{room}: as it was backed up")


@click.command("restore")
@_data
@_services
@click.option("--replace", is_flag=True, help="Also where a database is not empty; it is kept under another name.")
@_directory
def restore_command(data: Path, services: tuple[str, ...], replace: bool, directory: Path) -> None:
    """Restore databases from a backup, or from the newest one in DIRECTORY; each wholly or not at all.

    Each is loaded beside the present one, compared with the manifest, and swapped in by rename, which cuts off the
    clients of the old one. Run `stoa migrate up` afterwards, `stoa events republish` and `stoa reconcile`.
    """
    with failing_clearly(*_EXPECTED):
        chosen, environ = _chosen(directory), database_environment(data, os.environ)
        superuser = _superuser(data)
        for room, settings in _databases(environ, services or tuple(read_manifest(chosen).rooms)).items():
            aside = asyncio.run(restore(chosen, room, settings, superuser, replace=replace))
            kept = f"; what was there is kept as {aside}" if aside else ""
            console.print(f"{room}: restored from {chosen.name}{kept}", soft_wrap=True)


def _chosen(directory: Path) -> Path:
    found = whole_backups(directory)
    return (found[-1] if found else directory).resolve()


def _databases(environ: Mapping[str, str], rooms: tuple[str, ...]) -> dict[str, DatabaseSettings]:
    return {room: RoomSettings.from_env(room, environ).database for room in ROOMS if not rooms or room in rooms}


def _superuser(data: Path) -> Cluster:
    found = superuser_environment(data, os.environ)
    return Cluster(found["PGHOST"], int(found["PGPORT"]), found["PGUSER"], found["PGPASSWORD"])
