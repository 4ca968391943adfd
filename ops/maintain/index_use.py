"""Which indexes nothing has read since statistics began, and what each index is there for (S-110).

An index of a partitioned table is one index: reads and sizes of its partitions' indexes are added up. One that keeps a
rule (a key, an exclusion) or that a foreign key looks rows up by is needed however seldom it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["IndexUse", "IndexUses", "index_uses"]

_USES = """
WITH RECURSIVE tree AS (
    SELECT x.indexrelid AS root, x.indexrelid AS leaf FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    WHERE NOT i.relispartition
    UNION ALL
    SELECT tree.root, h.inhrelid FROM tree JOIN pg_inherits h ON h.inhparent = tree.leaf
), uses AS (
    SELECT tree.root, coalesce(sum(s.idx_scan), 0)::bigint AS scans, sum(pg_relation_size(tree.leaf))::bigint AS bytes
    FROM tree LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = tree.leaf GROUP BY tree.root
)
SELECT i.relname::text AS name, t.relname::text AS table, u.scans, u.bytes, coalesce(
    CASE WHEN x.indisprimary THEN 'the primary key' WHEN x.indisunique THEN 'a unique key'
         WHEN x.indisexclusion THEN 'an exclusion' END,
    (SELECT 'the foreign key ' || min(k.conname) FROM pg_constraint k
     WHERE k.conrelid = x.indrelid AND k.contype = 'f' AND x.indpred IS NULL
       AND (x.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)) AS keeps
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace JOIN uses u ON u.root = x.indexrelid
WHERE NOT i.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY u.bytes DESC, t.relname, i.relname
"""
_SINCE = "SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()"


@dataclass(frozen=True, slots=True)
class IndexUse:
    """An index, how often it was read, and the rule it keeps (``the primary key``), if any."""

    name: str
    table: str
    scans: int
    bytes: int
    keeps: str | None

    @property
    def unused(self) -> bool:
        """Whether it only costs: nothing has read it, and no rule rests on it."""
        return self.scans == 0 and self.keeps is None


@dataclass(frozen=True, slots=True)
class IndexUses:
    """The indexes of a database, the largest first, counted since ``since``, or since the database was made."""

    since: datetime | None
    indexes: list[IndexUse]


async def index_uses(connection: Any) -> IndexUses:
    """What this server has counted. A replica counts for itself: ask each that serves reads before dropping one."""
    rows = await connection.fetch(_USES)
    return IndexUses(await connection.fetchval(_SINCE), [IndexUse(**row) for row in rows])
