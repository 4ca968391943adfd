"""The command line of the data dictionary."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import click

from ops.console import console, failing_clearly
from ops.dictionary.catalog import Table, read_tables
from ops.dictionary.pages import pages
from ops.local.errors import StartError
from ops.rooms import ROOMS, ROOT
from subgraphs.kernel.migrations import MigrationError
from subgraphs.kernel.settings import RoomSettings, SettingsError

__all__ = ["dictionary_command"]

_NEEDED = ("PATH", "HOME", "LANG", "TMPDIR")
_EXPECTED = (StartError, SettingsError, MigrationError, ValueError, OSError, asyncpg.PostgresError)


@click.command("dictionary")
def dictionary_command() -> None:
    """Write docs/data-dictionary from empty databases that are migrated for it, on a server of its own."""
    from ops.local.preparation import prepared

    environ = {name: os.environ[name] for name in _NEEDED if name in os.environ}
    with failing_clearly(*_EXPECTED), tempfile.TemporaryDirectory(prefix="stoa-dictionary-") as folder:
        Path(folder).chmod(0o755)  # the account that PostgreSQL runs as has to come through
        with prepared(Path(folder) / "data", environ, seed_scale=0) as services:
            texts = pages(ROOT, asyncio.run(_tables(services)))
        for path, text in texts.items():
            if not path.exists() or path.read_text() != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
                console.print(f"wrote {path.relative_to(ROOT)}")


async def _tables(environ: Mapping[str, str]) -> dict[str, list[Table]]:
    found = {}
    for room in ROOMS:
        arguments = RoomSettings.from_env(room, environ).database.connect_arguments()
        connection = await asyncpg.connect(**arguments, timeout=10, command_timeout=60)
        try:
            found[room] = await read_tables(connection)
        finally:
            await connection.close(timeout=5)
    return found
