"""What a database holds, as digests: equal digests, equal databases, whatever server each is on."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from pydantic import BaseModel

from ops.backup.tools import schema_text
from subgraphs.kernel.settings import DatabaseSettings

__all__ = ["SESSION", "Contents", "Rows", "Sequence", "differences", "read_contents", "read_sequences"]

SESSION = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "search_path": "",
    "statement_timeout": "0",  # the client bounds every statement
    "idle_in_transaction_session_timeout": "0",
}
"""Settings under which a row reads the same everywhere."""

_OURS = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"
_TABLES = f"""
SELECT n.nspname || '.' || c.relname AS name, format('%I.%I', n.nspname, c.relname) AS quoted
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND {_OURS} ORDER BY 1
"""
_SEQUENCES = f"""
SELECT n.nspname || '.' || c.relname AS name, format('%I.%I', n.nspname, c.relname) AS quoted
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND {_OURS} ORDER BY 1
"""
# A sum does not depend on the order of the rows, and half an md5 is enough against anything but malice.
_ROWS = """
SELECT count(*) AS count, coalesce(sum(('x' || left(md5(r::text), 16))::bit(64)::bigint), 0)::text AS checksum
FROM ONLY {table} r
"""
_CONDITION = re.compile(r" (CHECK|WHERE) \(")
_CAST_OR_PARENTHESIS = re.compile(r"::(?:character varying|text)(?:\[\])?|[()]")


class Rows(BaseModel):
    """The rows of a table or partition, whatever their order."""

    count: int
    checksum: str


class Sequence(BaseModel):
    """How far a sequence has come."""

    last_value: int
    is_called: bool


class Contents(BaseModel):
    """A database's definitions, rows and sequences."""

    migrations: list[str]
    tables: dict[str, Rows]
    sequences: dict[str, Sequence]
    schema_sha256: str


async def read_contents(connection: Any, settings: DatabaseSettings, sequences: dict[str, Sequence]) -> Contents:
    """What the snapshot of ``connection``, a repeatable-read transaction under ``SESSION``, holds."""
    migrations: list[str] = []
    if await connection.fetchval("SELECT to_regclass('public.migration') IS NOT NULL"):
        rows = await connection.fetch("SELECT name FROM public.migration ORDER BY id")
        migrations = [row["name"] for row in rows]
    tables = {
        row["name"]: Rows(**await connection.fetchrow(_ROWS.format(table=row["quoted"])))
        for row in await connection.fetch(_TABLES)
    }
    text = await schema_text(settings, await connection.fetchval("SELECT pg_export_snapshot()"))
    return Contents(migrations=migrations, tables=tables, sequences=sequences, schema_sha256=_digest(text))


async def read_sequences(connection: Any) -> dict[str, Sequence]:
    """Where the sequences are now: they belong to no snapshot."""
    return {
        row["name"]: Sequence(**await connection.fetchrow(f"SELECT last_value, is_called FROM {row['quoted']}"))
        for row in await connection.fetch(_SEQUENCES)
    }


def differences(expected: Contents, found: Contents) -> list[str]:
    """In what ``found`` is not the database that ``expected`` was read from, one sentence each.

    A sequence may be ahead: it went on between the snapshot and the dump. It may never be behind.
    """
    problems = []
    if expected.schema_sha256 != found.schema_sha256:
        problems.append("its definitions differ")
    if expected.migrations != found.migrations:
        problems.append("its migrations differ")
    names = sorted(expected.tables.keys() | found.tables.keys())
    problems += [f"the rows of {name} differ" for name in names if expected.tables.get(name) != found.tables.get(name)]
    for name in sorted(expected.sequences.keys() | found.sequences.keys()):
        before, after = expected.sequences.get(name), found.sequences.get(name)
        if (
            before is None
            or after is None
            or (after.last_value, after.is_called) < (before.last_value, before.is_called)
        ):
            problems.append(f"the sequence {name} is behind")
    return problems


def _digest(schema: str) -> str:
    """Of the definitions: restored for the first time, a condition comes back with casts and parentheses moved."""
    lines = [line for line in schema.splitlines() if line and not line.startswith("--")]
    kept = [_CAST_OR_PARENTHESIS.sub("", line) if _CONDITION.search(line) else line for line in lines]
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()
