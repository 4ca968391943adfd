"""The command line of maintenance."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import asyncpg
import click
from rich.filesize import decimal
from rich.table import Table

from ops.console import console, failing_clearly
from ops.local.errors import StartError
from ops.local.running import database_environment
from ops.maintain.index_use import IndexUses, index_uses
from ops.maintain.work import FULL_LOCK_SECONDS, Limits, Maintained, MaintenanceError, maintain
from ops.rooms import ROOMS
from subgraphs.kernel.settings import DatabaseSettings, RoomSettings, SettingsError

__all__ = ["indexes_command", "maintain_command"]

_EXPECTED = (StartError, SettingsError, MaintenanceError, OSError, asyncpg.PostgresError)
_data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(os.environ.get("STOA_DATA", ".stoa")),
    help="Data directory of the running stack, unless the environment names the servers.  [default: .stoa]",
)
_services = click.option(
    "--service", "services", multiple=True, type=click.Choice(ROOMS), help="Only its database; repeatable."
)


@click.command("maintain")
@_data
@_services
@click.option("--bloat", type=click.IntRange(1, 99), default=50, show_default=True, help="Percent to rebuild an index.")
@click.option("--lock-timeout", type=click.IntRange(1, 3600), default=60, show_default=True, help="Seconds.")
@click.option("--statement-timeout", type=click.IntRange(1, 86_400), default=3600, show_default=True, help="Seconds.")
@click.option("--full", is_flag=True, help="VACUUM FULL: gives space back, and LOCKS each table while it is rewritten.")
def maintain_command(
    data: Path, services: tuple[str, ...], bloat: int, lock_timeout: int, statement_timeout: int, full: bool
) -> None:
    """Vacuum and analyze every table, rebuild bloated and broken indexes; the shop may go on meanwhile.

    The bloat of a B-tree is estimated from its entries' number and width; it is rebuilt when a mebibyte is to be won.
    Exits with 1 when something failed.
    """
    limits = Limits(bloat / 100, lock_seconds=lock_timeout, statement_seconds=statement_timeout)
    if full:
        console.print(
            "VACUUM FULL locks each table against readers and writers until it is rewritten, and needs as much free "
            f"space again. A table that does not come free within {FULL_LOCK_SECONDS} s is passed over.",
            soft_wrap=True,
        )
    failures: list[str] = []
    with failing_clearly(*_EXPECTED):
        chosen = _chosen(data, services)
    for room, database in chosen.items():
        try:
            reports = asyncio.run(maintain(database, limits, full=full))
        except (MaintenanceError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            failures.append(f"{room}: {error or type(error).__name__}")
            continue
        console.print(_shown(room, reports))
        failures += [f"{room}: {report.table}: {why}" for report in reports for why in report.failed]
    for failure in failures:
        console.print(failure, soft_wrap=True, markup=False)
    if failures:
        raise click.ClickException(f"{len(failures)} failures")


@click.command("indexes")
@_data
@_services
@click.option("--all", "everything", is_flag=True, help="Every index with its use, not only those without any.")
def indexes_command(data: Path, services: tuple[str, ...], everything: bool) -> None:
    """List indexes that nothing has read since statistics began, the largest first.

    Those that keep a key, an exclusion or a foreign key are left out. A replica counts for itself: ask each that serves
    reads before you drop one.
    """
    with failing_clearly(*_EXPECTED):
        for room, database in _chosen(data, services).items():
            console.print(_uses_shown(room, asyncio.run(_uses(database)), everything))


def _chosen(data: Path, services: tuple[str, ...]) -> dict[str, DatabaseSettings]:
    environ = database_environment(data, os.environ)
    return {room: RoomSettings.from_env(room, environ).database for room in ROOMS if not services or room in services}


async def _uses(database: DatabaseSettings) -> IndexUses:
    connection = await asyncpg.connect(**database.connect_arguments(), timeout=10, command_timeout=60)
    try:
        return await index_uses(connection)
    finally:
        await connection.close(timeout=5)


def _uses_shown(room: str, uses: IndexUses, everything: bool) -> Table:
    since = f"since {uses.since:%Y-%m-%d %H:%M}" if uses.since else "since the database was made"
    table = Table(room, "table", "size", f"read {since}", "keeps", box=None)
    shown = [index for index in uses.indexes if everything or index.unused]
    for index in shown:
        table.add_row(index.name, index.table, decimal(index.bytes), str(index.scans), index.keeps or "")
    if not shown:
        table.add_row("every index is read or keeps a rule")
    return table


def _shown(room: str, reports: list[Maintained]) -> Table:
    table = Table(room, "dead rows", "before", "after", "done", box=None)
    for report in reports:
        done = "; ".join(report.done) + ("; FAILED" if report.failed else "")
        sizes = decimal(report.bytes_before), decimal(report.bytes_after)
        table.add_row(report.table, str(report.dead), *sizes, done.removeprefix("; "))
    return table
