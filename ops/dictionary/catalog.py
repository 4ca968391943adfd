"""What a migrated database says of its tables: columns, types, keys and comments, in its own order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Column", "Table", "read_tables"]

_TABLES = """
SELECT c.oid, c.relname::text AS name, obj_description(c.oid, 'pg_class') AS comment,
       ARRAY(SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k
             WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'f')
             ORDER BY position(k.contype::text IN 'puf'), k.conname) AS keys
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname <> 'migration'
ORDER BY c.relname
"""
_COLUMNS = """
SELECT attrelid AS table, attname::text AS name, format_type(atttypid, atttypmod) AS type, NOT attnotnull AS nullable,
       col_description(attrelid, attnum) AS comment
FROM pg_attribute WHERE attrelid = ANY ($1::oid[]) AND attnum > 0 AND NOT attisdropped ORDER BY attrelid, attnum
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column with the comment that its migration gave it."""

    name: str
    type: str
    nullable: bool
    comment: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``keys`` are its primary, unique and foreign keys as PostgreSQL writes them."""

    name: str
    comment: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]


async def read_tables(connection: Any) -> list[Table]:
    """The tables by name, but for partitions and the list of applied migrations."""
    tables = await connection.fetch(_TABLES)
    columns: dict[int, list[Column]] = {row["oid"]: [] for row in tables}
    for row in await connection.fetch(_COLUMNS, list(columns)):
        columns[row["table"]].append(Column(row["name"], row["type"], row["nullable"], row["comment"] or ""))
    return [Table(row["name"], row["comment"] or "", tuple(row["keys"]), tuple(columns[row["oid"]])) for row in tables]
