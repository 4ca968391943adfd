"""What a database holds, as its catalog says: tables, their indexes, how much of an index is estimated to be air.

The estimate needs no extension, since PostgreSQL's wheel carries none and a service's role may not create pgstattuple.
A B-tree built anew would need a page of 8 KB, filled to its fill factor, for every ``8 + width + 4`` bytes of its
entries; the number of entries is what VACUUM counted, their width what ANALYZE sampled. Whatever an index has above
that is bloat. Equal keys are stored once (deduplication), which the estimate does not know: it understates, never
overstates, the bloat of such an index. Other access methods and tables never analysed have no estimate.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

__all__ = ["Index", "Table", "indexes", "tables"]

_OURS = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"
_TABLES = f"""
SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relkind = 'p' AS partitioned,
       pg_has_role(c.relowner, 'USAGE') AS ours, pg_get_userbyid(c.relowner)::text AS owner,
       pg_total_relation_size(c.oid) AS bytes, coalesce(s.n_dead_tup, 0) AS dead
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'p', 'm') AND {_OURS}
ORDER BY n.nspname, c.relname
"""
_INDEXES = f"""
WITH widths AS (
    SELECT a.attrelid, bool_and(s.avg_width IS NOT NULL) AS known, bool_or(s.null_frac > 0) AS nulls,
           sum((1 - s.null_frac) * s.avg_width) AS width
    FROM pg_attribute a JOIN pg_index x ON x.indexrelid = a.attrelid
    JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    LEFT JOIN pg_attribute ta ON ta.attrelid = t.oid AND ta.attnum = nullif(x.indkey[a.attnum - 1], 0)
    LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND NOT s.inherited
        AND s.tablename = CASE WHEN ta.attname IS NULL THEN i.relname ELSE t.relname END
        AND s.attname = coalesce(ta.attname, a.attname)
    GROUP BY a.attrelid
), sizes AS (
    SELECT i.oid, pg_relation_size(i.oid) AS bytes, i.reltuples AS entries, w.known, am.amname = 'btree' AS btree,
           (8 + CASE WHEN w.nulls THEN 8 ELSE 0 END + ceil(w.width / 8) * 8 + 4) AS entry_bytes,
           coalesce((SELECT option_value::int FROM pg_options_to_table(i.reloptions)
                     WHERE option_name = 'fillfactor'), 90) / 100.0 AS fill
    FROM pg_class i JOIN pg_am am ON am.oid = i.relam JOIN widths w ON w.attrelid = i.oid
    WHERE i.relkind = 'i'
)
SELECT format('%I.%I', n.nspname, i.relname) AS name, i.relname::text AS plain, format('%I.%I', n.nspname, t.relname)
       AS table, i.relkind = 'I' AS partitioned, x.indisvalid AND x.indisready AS valid, x.indisexclusion AS exclusion,
       coalesce(z.bytes, 0) AS bytes,
       CASE WHEN z.btree AND z.entries = 0 THEN 8192
            WHEN z.btree AND z.entries > 0 AND z.known
            THEN 8192 * (1 + ceil(1.01 * z.entries * z.entry_bytes / (8152 * z.fill))) END::bigint AS needed
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace n ON n.oid = i.relnamespace LEFT JOIN sizes z ON z.oid = i.oid
WHERE {_OURS} AND pg_has_role(t.relowner, 'USAGE')
ORDER BY n.nspname, t.relname, i.relname
"""
_LEFTOVER = re.compile(r"_cc(new|old)\d*$")


@dataclass(frozen=True, slots=True)
class Table:
    """A table, a partition or a partitioned table; ``name`` is qualified and quoted."""

    name: str
    partitioned: bool
    ours: bool  # whether this role may maintain it: VACUUM passes over another's table without an error
    owner: str
    bytes: int
    dead: int


@dataclass(frozen=True, slots=True)
class Index:
    """An index; ``needed`` is what it would measure if it were built anew, where that can be estimated."""

    name: str
    plain: str
    table: str
    partitioned: bool
    valid: bool
    exclusion: bool
    bytes: int
    needed: int | None

    @property
    def wasted(self) -> int:
        return 0 if self.needed is None else max(0, self.bytes - self.needed)

    @property
    def bloat(self) -> float:
        """The part of it that is air, from 0 to 1."""
        return self.wasted / self.bytes if self.bytes else 0.0

    @property
    def leftover(self) -> bool:
        """Whether a REINDEX CONCURRENTLY that broke off left it behind."""
        return not self.valid and _LEFTOVER.search(self.plain) is not None


async def tables(connection: Any) -> list[Table]:
    """The database's tables, by name."""
    return [Table(**row) for row in await connection.fetch(_TABLES)]


async def indexes(connection: Any) -> list[Index]:
    """The indexes of the tables that this role owns, by table and name."""
    return [Index(**row) for row in await connection.fetch(_INDEXES)]
