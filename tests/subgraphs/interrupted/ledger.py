"""What a piece of work changed in some databases, in a form that can be compared between runs on rows of their own.

Rows that were written since a mark are known by the transaction that wrote them, deleted ones by the count of those
that are left. Ids that a case names are told by their names, other ids and all moments by a sign: what remains is equal
when the work is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from subgraphs.kernel.database import Database

Changes = Counter[str]

_NUMBER = re.compile(r'"(id|created)":\s?\d+')
_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![0-9a-f])[0-9a-f]{24,64}(?![0-9a-f])",
    re.IGNORECASE,
)
_COUNTED = ("sku", "slug", "order_number")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^\"]*")


class Ledger:
    """``await mark()``, then ``await changes()``; nobody else writes meanwhile. ``without`` are tables left out."""

    def __init__(self, databases: Sequence[Database], without: Collection[str] = ()) -> None:
        self._databases = databases
        self._without = list(without)
        self._queries: dict[str, str] = {}
        self._marks: dict[str, int] = {}
        self._counts: dict[str, Mapping[str, int]] = {}

    async def mark(self) -> None:
        """Forget what was changed so far."""
        for database in self._databases:
            mark = await database.fetch_value("SELECT pg_current_xact_id()::text::bigint")
            self._marks[database.room] = mark
            rows = await database.fetch(await self._query(database), mark)
            self._counts[database.room] = {row["place"]: row["count"] for row in rows}

    async def changes(self, names: Mapping[str, str], ignored: Collection[str] = ()) -> Changes:
        """Rows written since the mark, without the ``ignored`` columns, and how many fewer or more each table has."""
        found: Changes = Counter()
        for database in self._databases:
            counts = self._counts[database.room]
            for place, count, written in await database.fetch(await self._query(database), self._marks[database.room]):
                found.update(f"{database.room}.{place} {_told(row, names, ignored)}" for row in written or ())
                if count != counts[place]:
                    found[f"{database.room}.{place} {count - counts[place]:+d}"] += 1
        return found

    async def _query(self, database: Database) -> str:
        if database.room not in self._queries:
            tables = await database.fetch(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
                "AND NOT relispartition AND relname <> 'migration' AND NOT relname = ANY($1::text[]) ORDER BY relname",
                self._without,
            )
            self._queries[database.room] = " UNION ALL ".join(
                f"SELECT '{name}' AS place, count(*) AS count, "
                "array_agg(row_to_json(t)::text) FILTER (WHERE t.xmin::text::bigint > $1) AS written "
                f'FROM "{name}" t'
                for (name,) in tables
            )
        return self._queries[database.room]


def _told(row: str, names: Mapping[str, str], ignored: Collection[str]) -> str:
    for identity, name in names.items():
        row = row.replace(identity, f"<{name}>")
    for column in (*_COUNTED, *ignored):
        row = re.sub(rf'"{column}":\s?[^,}}]*', f'"{column}": _', row)
    return _MOMENT.sub("@", _ID.sub("#", _NUMBER.sub(r'"\1": 0', row)))
