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
from ops.maintain.work import FULL_LOCK_SECONDS, Limits, Maintained, MaintenanceError, maintain
from ops.rooms import ROOMS
from subgraphs.kernel.settings import RoomSettings, SettingsError

__all__ = ["maintain_command"]

_EXPECTED = (StartError, SettingsError, MaintenanceError, OSError, asyncpg.PostgresError)


@click.command("maintain")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(os.environ.get("STOA_DATA", ".stoa")),
    help="Data directory of the running stack, unless the environment names the servers.  [default: .stoa]",
)
@click.option("--service", "services", multiple=True, type=click.Choice(ROOMS), help="Only its database; repeatable.")
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
        environ = database_environment(data, os.environ)
        chosen = {
            room: RoomSettings.from_env(room, environ).database for room in ROOMS if not services or room in services
        }
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


def _shown(room: str, reports: list[Maintained]) -> Table:
    table = Table(room, "dead rows", "before", "after", "done", box=None)
    for report in reports:
        done = "; ".join(report.done) + ("; FAILED" if report.failed else "")
        sizes = decimal(report.bytes_before), decimal(report.bytes_after)
        table.add_row(report.table, str(report.dead), *sizes, done.removeprefix("; "))
    return table
