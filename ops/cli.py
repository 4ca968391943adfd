"""``stoa``: the operator's commands. Each says what it does, shows progress, and fails with one sentence."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import asyncpg
import click

from ops.backup.command import backup_command, restore_command
from ops.console import console, failing_clearly
from ops.deleted import deleted
from ops.dictionary.command import dictionary_command
from ops.events import events
from ops.local.errors import StartError
from ops.maintain.command import indexes_command, maintain_command
from ops.migrate import migrate
from ops.rooms import FIRST_ROOM_PORT, ROOMS, ROOT
from subgraphs.kernel.migrations import MigrationError
from subgraphs.kernel.refusals import Unavailable
from subgraphs.kernel.settings import SettingsError

__all__ = ["main"]

_EXPECTED = (StartError, SettingsError, MigrationError, Unavailable, asyncpg.PostgresError)
_PASS_THROUGH = {"ignore_unknown_options": True}
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
main.add_command(deleted)
main.add_command(events)
main.add_command(maintain_command)
main.add_command(indexes_command)
main.add_command(dictionary_command)
main.add_command(backup_command)
main.add_command(restore_command)


@main.command()
@_data
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=4000, show_default=True)
@click.option("--processes", is_flag=True, help="One process per service, over HTTP, instead of one for all.")
@click.option("--first-room-port", type=click.IntRange(1, 65530), default=FIRST_ROOM_PORT, show_default=True)
@click.option("--mail-port", type=click.IntRange(1, 65535), default=4025, help="Page with the mails.  [default: 4025]")
@click.option("--no-seed", is_flag=True, help="Leave empty databases empty.")
def up(data: Path, host: str, port: int, processes: bool, first_room_port: int, mail_port: int, no_seed: bool) -> None:
    """Start databases, services and router on this machine; Ctrl-C ends all of them."""
    from ops.local.banner import banner
    from ops.local.mail import mail_server
    from ops.local.preparation import prepared
    from ops.local.processes import run_as_processes
    from ops.local.serving import claim_port
    from ops.local.stack import run_in_one_process

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # however it is stopped, it cleans up
    with failing_clearly(*_EXPECTED):
        claimed = claim_port(host, port)
        with (
            prepared(data, os.environ, seed_scale=0 if no_seed else 1) as services,
            mail_server(data / "mail", services, mail_port) as mail,
        ):
            environ = {**services, **mail}
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
    from ops.schema import CompositionError, write

    with failing_clearly(CompositionError):
        for path in write(ROOT):
            console.print(f"wrote {path.relative_to(ROOT)}")


@main.command(context_settings=_PASS_THROUGH, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def compose(arguments: tuple[str, ...]) -> None:
    """Compose the subgraphs that supergraph.yaml names and print the supergraph (= python -m router compose)."""
    _router("compose", *arguments)


@main.command(context_settings=_PASS_THROUGH, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def plan(arguments: tuple[str, ...]) -> None:
    """Print the plan of an operation on the shop's supergraph: stoa plan '{ me { cart { id } } }'."""
    named = any(argument.startswith("--supergraph") for argument in arguments)
    _router("plan", *(() if named else ("--supergraph", str(ROOT / "schema/supergraph.graphql"))), *arguments)


def _router(*arguments: str) -> None:
    from router.__main__ import main as router_main

    sys.exit(router_main(arguments))


@main.command()
def bootstrap() -> None:
    """Create the six roles and databases on an existing PostgreSQL.

    The superuser is named by PGHOST, PGPORT, PGUSER and PGPASSWORD; each role gets the password that
    <ROOM>_DATABASE_PASSWORD holds. Safe to repeat.
    """
    from ops.local.databases import create_databases
    from ops.local.postgres import Cluster

    def password_of(role: str) -> str:
        name = f"{role.removesuffix('_svc').upper()}_DATABASE_PASSWORD"
        if not os.environ.get(name):
            raise StartError(f"{name} is not set: it becomes the password of the role {role}.")
        return os.environ[name]

    with failing_clearly(*_EXPECTED):
        cluster = Cluster(
            os.environ.get("PGHOST", "127.0.0.1"),
            int(os.environ.get("PGPORT", "5432")),
            os.environ.get("PGUSER", "postgres"),
            os.environ.get("PGPASSWORD", ""),
        )
        asyncio.run(create_databases(cluster, password_of))
    console.print("Six roles and databases are there.")


@main.group()
def keys() -> None:
    """Make and replace signing keys."""


_directory = click.argument("directory", type=click.Path(path_type=Path, file_okay=False))


@keys.command()
@_directory
def make(directory: Path) -> None:
    """Make the signing keys of a deployment in DIRECTORY/keys; existing ones are kept."""
    from ops.local.secrets import keys as make_keys

    with failing_clearly(*_EXPECTED):
        console.print(f"Keys are in {make_keys(directory / 'keys').directory}")


@keys.command()
@_directory
@click.option(
    "--older-than", type=click.IntRange(0, 3650), default=0, help="Only a key of that many days; for a timer."
)
@click.option("--now", "at_once", is_flag=True, help="Somebody else has the key: accept it no more, at once.")
def rotate(directory: Path, older_than: int, at_once: bool) -> None:
    """Replace the key of access tokens in DIRECTORY/keys; running services notice, and no client is signed out.

    The new key is published now and signs in ten minutes; tokens of the old one are accepted until they expire.
    """
    from ops.local.client_keys import rotate_client_keys
    from ops.local.secrets import Keys

    found = Keys(directory / "keys")
    with failing_clearly(*_EXPECTED):
        name = rotate_client_keys(found.client_signing, found.clients, at_once=at_once, older_than=older_than * 86_400)
    console.print(f"The new key is {name}." if name else "The key is not as old as that; nothing was changed.")


@main.command()
@_data
@click.option("--grace", type=click.FloatRange(min=0), default=60.0, show_default=True, help="Seconds to be under way.")
def reconcile(data: Path, grace: float) -> None:
    """Compare orders, payments, stock, notifications and the simulator's books; lists what contradicts itself.

    The databases are those that the environment names, as for `stoa serve`; without any, those of a stack that is
    running on --data. Exits with 1 when there is something to list.
    """
    from ops.local.directory import DataDirectory
    from ops.local.preparation import databases
    from ops.local.running import running_environment
    from ops.reconcile import reconcile as findings

    with failing_clearly(*_EXPECTED, OSError):
        environ = running_environment(data, os.environ)
        books = Path(environ.get("PAYMENT_SIMULATOR_BOOKS") or DataDirectory(data.resolve()).books)
        found = asyncio.run(findings(databases(environ), grace=grace, books=books if books.exists() else None))
    for finding in found:
        console.print(str(finding), soft_wrap=True)
    if found:
        raise click.ClickException(f"{sum(finding.count for finding in found)} findings")
    console.print("Orders, payments, stock and notifications agree.")


@main.command()
def check() -> None:
    """Check schema files, migrations, the data dictionary and manifests without a server; lists every finding."""
    from ops.check import all_findings

    found = all_findings(ROOT)
    for finding in found:
        console.print(finding)
    if found:
        raise click.ClickException(f"{len(found)} findings")
    console.print("Schema files, migrations, data dictionary and manifests are in order.")
