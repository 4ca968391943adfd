"""``stoa``: the operator's commands. Each says what it does, shows progress, and fails with one sentence."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import asyncpg
import click

from ops.console import console, failing_clearly
from ops.local.errors import StartError
from ops.migrate import migrate
from ops.rooms import FIRST_ROOM_PORT, ROOMS
from subgraphs.kernel.migrations import MigrationError
from subgraphs.kernel.refusals import Unavailable
from subgraphs.kernel.settings import SettingsError

__all__ = ["main"]

_EXPECTED = (StartError, SettingsError, MigrationError, Unavailable, asyncpg.PostgresError)
_data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(os.environ.get("STOA_DATA", ".stoa")),
    help="Where everything that survives a restart lives.  [default: .stoa]",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run and look after the Stoa shop."""


main.add_command(migrate)


@main.command()
@_data
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=4000, show_default=True)
@click.option("--processes", is_flag=True, help="One process per service, over HTTP, instead of one for all.")
@click.option("--first-room-port", type=click.IntRange(1, 65530), default=FIRST_ROOM_PORT, show_default=True)
@click.option("--no-seed", is_flag=True, help="Leave empty databases empty.")
def up(data: Path, host: str, port: int, processes: bool, first_room_port: int, no_seed: bool) -> None:
    """Start databases, services and router on this machine; Ctrl-C ends all of them."""
    from ops.local.banner import banner
    from ops.local.preparation import prepared
    from ops.local.processes import run_as_processes
    from ops.local.serving import claim_port
    from ops.local.stack import run_in_one_process

    with failing_clearly(*_EXPECTED):
        claimed = claim_port(host, port)
        with prepared(data, os.environ, seed_scale=0 if no_seed else 1) as environ:
            text = banner(host, port, environ, data)
            if processes:
                claimed.close()
                run_as_processes(environ, host, port, first_room_port, text)
            else:
                run_in_one_process(environ, claimed, text)
    console.print("Stopped.")


@main.command()
@click.argument("room", type=click.Choice(ROOMS))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), required=True)
def serve(room: str, host: str, port: int) -> None:
    """Serve one room; where its database, Redis and keys are is in the environment."""
    from ops.local.rooms import serve_room
    from ops.local.serving import claim_port

    with failing_clearly(*_EXPECTED):
        asyncio.run(serve_room(room, claim_port(host, port)))


@main.command()
@_data
@click.option("--scale", type=click.IntRange(1, 1000), default=1, show_default=True, help="Times the demo shop.")
def seed(data: Path, scale: int) -> None:
    """Fill empty databases with the demo shop; rooms that hold data are left alone."""
    from ops.local.preparation import prepared

    with failing_clearly(*_EXPECTED), prepared(data, os.environ, seed_scale=scale):
        pass


@main.command()
def schema() -> None:
    """Export the six schemas and compose them; a failing composition changes nothing."""
    from ops.rooms import ROOT
    from ops.schema import CompositionError, write

    with failing_clearly(CompositionError):
        for path in write(ROOT):
            console.print(f"wrote {path.relative_to(ROOT)}")


@main.command()
def check() -> None:
    """Check schema files, migrations and manifests without a server; lists every finding."""
    from ops.check import all_findings
    from ops.rooms import ROOT

    found = all_findings(ROOT)
    for finding in found:
        console.print(finding)
    if found:
        raise click.ClickException(f"{len(found)} findings")
    console.print("Schema files, migrations and manifests are in order.")
