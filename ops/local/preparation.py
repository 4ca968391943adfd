"""Everything between an empty directory and six databases ready to serve: servers, keys, schemas, demo data."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.progress import TaskID

from ops.console import console, progress
from ops.local.directory import locked
from ops.local.secrets import keys
from ops.local.servers import key_environment, servers
from ops.migrate import migrate_up
from ops.rooms import ROOMS
from ops.seed.books import seed_books
from ops.seed.load import demo_tables, is_empty, seed
from subgraphs.kernel.settings import DatabaseSettings, RoomSettings

__all__ = ["databases", "prepared"]


@contextmanager
def prepared(data: Path, environ: Mapping[str, str], *, seed_scale: int = 1) -> Iterator[dict[str, str]]:
    """Lock ``data``, run the servers, migrate, seed what is empty; gives the services' environment.

    ``seed_scale`` 0 leaves empty databases empty. Raises ``StartError`` for whatever the operator can mend.
    """
    with locked(data) as directory:
        console.print(f"Data directory: {directory.root}", soft_wrap=True)
        console.print("Starting PostgreSQL and Redis ...")
        made = keys(directory.keys)
        with servers(directory, environ) as found:
            complete = {**environ, **found, **key_environment(made)}
            complete["AUTH_TOKEN_KEY"] = str(made.client_signing)
            complete.setdefault("PAYMENT_SIMULATOR_BOOKS", str(directory.books))
            complete["AUTH_LINK_SECRET"] = str(made.links)
            migrate_all(databases(complete))
            if seed_scale:
                seed_empty(databases(complete), seed_scale, Path(complete["PAYMENT_SIMULATOR_BOOKS"]))
            yield complete


def databases(environ: Mapping[str, str]) -> dict[str, DatabaseSettings]:
    """Where each room's database is."""
    return {room: RoomSettings.from_env(room, environ).database for room in ROOMS}


def migrate_all(where: Mapping[str, DatabaseSettings]) -> None:
    """Bring six schemas up to date, showing each step that is taken."""
    with progress() as shown:
        task = shown.add_task("Checking schemas", total=len(where))
        for room, database in where.items():
            shown.update(task, description=f"Migrating {room}")
            asyncio.run(migrate_up(room, database))
            shown.advance(task)
        shown.update(task, description="Migrations")
    console.print("Schemas are current.")


def seed_empty(where: Mapping[str, DatabaseSettings], scale: int, books: Path) -> None:
    """Fill the rooms that hold nothing with the demo shop, and the simulator's books with its payments.

    The other rooms are left as they are.
    """
    empty = asyncio.run(is_empty(where))
    if not empty:
        return
    console.print(f"Filling {', '.join(empty)} with demo data ...")
    tables = [table for table in demo_tables(scale) if table.room in empty]
    with progress() as shown:
        tasks: dict[str, TaskID] = {table.name: shown.add_task(table.name, total=table.expected) for table in tables}
        asyncio.run(
            seed(
                {room: where[room] for room in empty},
                tables,
                lambda table, rows: shown.advance(tasks[table], rows),
            )
        )
        for task in tasks.values():
            shown.update(task, total=shown.tasks[task].completed)
    if "payment" in empty:
        asyncio.run(seed_books(where["payment"], books))
