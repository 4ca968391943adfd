"""Every constraint of a migrated database, as its catalog has it: what no row may be, whoever writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_COLUMNS = """
SELECT t.relname AS table, a.attname AS name, y.typname AS type, a.attnotnull AS required,
       a.attgenerated <> '' AS computed, d.adbin IS NOT NULL OR a.attidentity <> '' AS filled,
       CASE WHEN y.typname = 'varchar' AND a.atttypmod > 0 THEN a.atttypmod - 4 END AS length
FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid JOIN pg_type y ON y.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
  AND t.relname <> 'migration' AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY t.relname, a.attnum
"""
_CONSTRAINTS = """
SELECT t.relname AS table, k.conname AS name, k.contype::text AS kind, pg_get_constraintdef(k.oid) AS said,
       k.confrelid::regclass::text AS parent, k.confdeltype::text AS on_delete,
       (SELECT array_agg(attname::text ORDER BY place) FROM unnest(k.confkey) WITH ORDINALITY AS f (number, place)
        JOIN pg_attribute ON attrelid = k.confrelid AND attnum = number) AS keys,
       (SELECT array_agg(attname::text ORDER BY place) FROM unnest(k.conkey) WITH ORDINALITY AS f (number, place)
        JOIN pg_attribute ON attrelid = k.conrelid AND attnum = number) AS columns
FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
WHERE k.connamespace = 'public'::regnamespace AND NOT t.relispartition AND t.relname <> 'migration'
  AND k.contype::text IN ('c', 'f') ORDER BY t.relname, k.conname
"""
_UNIQUES = """
SELECT t.relname AS table, i.relname AS name, pg_get_indexdef(x.indexrelid) AS said,
       pg_get_expr(x.indpred, x.indrelid) AS predicate
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
WHERE x.indisunique AND t.relnamespace = 'public'::regnamespace AND NOT t.relispartition AND t.relname <> 'migration'
ORDER BY t.relname, i.relname
"""
_PARTS = """
WITH RECURSIVE up AS (
    SELECT inhrelid AS part, inhparent AS whole FROM pg_inherits
    UNION SELECT up.part, i.inhparent FROM up JOIN pg_inherits i ON i.inhrelid = up.whole
)
SELECT p.relname AS part, w.relname AS whole
FROM up JOIN pg_class p ON p.oid = up.part JOIN pg_class w ON w.oid = up.whole
WHERE NOT w.relispartition
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; ``filled`` when a row may leave it out, ``computed`` when nobody writes it."""

    name: str
    type: str
    required: bool
    filled: bool
    computed: bool
    length: int | None


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    columns: tuple[str, ...]
    said: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key."""

    name: str
    columns: tuple[str, ...]
    parent: str
    keys: tuple[str, ...]
    cascades: bool


@dataclass(frozen=True, slots=True)
class Unique:
    """A unique index, and the columns that it or its condition speaks of."""

    name: str
    columns: tuple[str, ...]
    predicate: str | None
    conditions: tuple[str, ...]


@dataclass(slots=True)
class Table:
    name: str
    columns: dict[str, Column] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)
    references: dict[str, Reference] = field(default_factory=dict)
    uniques: dict[str, Unique] = field(default_factory=dict)


@dataclass(slots=True)
class Catalog:
    """All tables, and the name of the whole of which a partition or its index is a part."""

    tables: dict[str, Table]
    wholes: dict[str, str]

    def whole(self, name: str | None) -> str:
        return self.wholes.get(name or "", name or "")


async def read_constraints(connection: Any) -> Catalog:
    """Partitions are left out: they have what their table has."""
    tables: dict[str, Table] = {}
    for row in await connection.fetch(_COLUMNS):
        column = Column(*(row[key] for key in ("name", "type", "required", "filled", "computed", "length")))
        tables.setdefault(row["table"], Table(row["table"])).columns[column.name] = column
    for row in await connection.fetch(_CONSTRAINTS):
        table = tables[row["table"]]
        if row["kind"] == "c":
            table.checks[row["name"]] = Check(row["name"], tuple(row["columns"] or ()), row["said"])
        else:
            table.references[row["name"]] = Reference(
                row["name"], tuple(row["columns"]), row["parent"], tuple(row["keys"]), row["on_delete"] == "c"
            )
    for row in await connection.fetch(_UNIQUES):
        table = tables[row["table"]]
        key = row["said"].partition(" USING ")[2].partition(" WHERE ")[0]
        table.uniques[row["name"]] = Unique(
            row["name"], _named(table, key), row["predicate"], _named(table, row["predicate"] or "")
        )
    return Catalog(tables, {row["part"]: row["whole"] for row in await connection.fetch(_PARTS)})


def _named(table: Table, expression: str) -> tuple[str, ...]:
    words = set(re.findall(r"\w+", expression))
    return tuple(name for name in table.columns if name in words)
