"""Rows made from the catalog alone: valid ones, found by trying, and values to spoil them with."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import islice, product
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from tests.catalog.constraints import Catalog, Check, Table, Unique

NOON = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
_TRIES = 5000
_VALUES: dict[str, list[Any]] = {
    "uuid": [UUID(int=1)],
    "bool": [False, True],
    "int2": [1, 0, -1, 2, 6, 13, 2030],
    "int4": [1, 0, -1, 2, 6, 13, 2030],
    "int8": [1, 0, -1, 2],
    "numeric": [Decimal(1), Decimal(0), Decimal(-1), Decimal("2.50"), Decimal("NaN")],
    "timestamptz": [NOON, NOON - HOUR, NOON + HOUR],
    "date": [dt.date(2000, 1, 1), dt.date(1800, 1, 1)],
    "jsonb": ["{}", "[]", "1", '{"street": "s", "city": "c", "country": "DE"}'],
    "inet": ["127.0.0.1"],
    "_text": [[], ["x"]],
}
_TEXTS = [
    "x",
    "",
    " ",
    "A",
    " x ",
    "USD",
    "usd",
    "DE",
    "de",
    "+4930123456",
    "https://x.io/a",
    "javascript:alert(1)",
    "4242",
]
_TEXTS += ["4242424242424242", "0" * 64, *(f"{letter}@b.c" for letter in "abcdefgh")]

Row = dict[str, Any]


def values_of(table: Table, column: str) -> list[Any]:
    """What is tried for a column: of its type, and what its checks speak of."""
    about = table.columns[column]
    if about.type not in ("text", "varchar"):
        return _VALUES[about.type]
    said = " ".join(check.said for check in table.checks.values() if column in check.columns)
    beyond = ["x" * (int(limit) + 1) for limit in re.findall(r"<= (\d+)", said)]
    texts = dict.fromkeys([*re.findall(r"'([\w-]+)'", said), *_TEXTS, *beyond])
    return [text for text in texts if about.length is None or len(text) <= about.length]


class Rows:
    """Inserts into one database, within a transaction that is never committed."""

    def __init__(self, connection: Any, catalog: Catalog) -> None:
        self.connection = connection
        self.catalog = catalog

    async def insert(self, table: str, row: Mapping[str, Any], answer: str = "true") -> Any:
        """Write it, whatever fills or numbers its columns, and answer an expression over it."""
        names = ", ".join(f'"{name}"' for name in row)
        places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        return await self.connection.fetchval(
            f'INSERT INTO "{table}" ({names}) OVERRIDING SYSTEM VALUE VALUES ({places}) RETURNING {answer}',
            *row.values(),
        )

    async def refusal(self, table: str, row: Mapping[str, Any]) -> asyncpg.PostgresError | None:
        """Why a row is refused; None when it is not. It is not there afterwards."""
        try:
            async with self.undone():
                await self.insert(table, row)
        except asyncpg.PostgresError as error:
            return error
        return None

    @asynccontextmanager
    async def undone(self) -> Any:
        """What is written inside is not there afterwards."""
        savepoint = self.connection.transaction()
        await savepoint.start()
        try:
            yield
        finally:
            await savepoint.rollback()

    def broken(self, error: asyncpg.PostgresError | None) -> str:
        """The constraint that a row breaks; that of the whole table when a partition says so."""
        return self.catalog.whole(getattr(error, "constraint_name", None))

    async def valid(self, name: str) -> Row:
        """The smallest row that the table takes; its parents are there afterwards."""
        table = self.catalog.tables[name]
        row: Row = {}
        for column in table.columns.values():
            if column.required and not column.filled and not column.computed:
                row[column.name] = uuid4() if column.type == "uuid" else values_of(table, column.name)[0]
        for reference in table.references.values():
            if all(column in row for column in reference.columns):
                row |= await self.child_of(reference.parent, reference.columns, reference.keys)
        found = await self.settled(table, row)
        assert found is not None, f"no row of {name} was found that is valid"
        return found

    async def settled(self, table: Table, row: Row, fixed: Sequence[str] = ()) -> Row | None:
        """The row as the table takes it: other values where a rule minds those it has, never in ``fixed`` columns."""
        for _ in range(len(table.checks) + len(table.uniques) + 1):
            if (error := await self.refusal(table.name, row)) is None:
                return row
            broken = self.broken(error)
            rule = table.checks.get(broken) or table.uniques.get(broken)
            if rule is None or (mended := await self.mended(table, rule, row, fixed)) is None:
                return None
            row = mended
        return None

    async def child_of(self, parent: str, columns: Sequence[str], keys: Sequence[str]) -> Row:
        """Columns that refer to a new row of the parent."""
        names = ", ".join(f'"{key}"' for key in keys)
        found = await self.insert(parent, await self.valid(parent), f"ROW({names})")
        return dict(zip(columns, found, strict=True))

    async def mended(
        self, table: Table, rule: Check | Unique, row: Row, fixed: Sequence[str], wanted: str = ""
    ) -> Row | None:
        """The row with other values, so that it breaks no rule, the ``wanted`` one, or one that other columns mend."""
        free = [column for column in rule.columns if column not in fixed]
        tried = [column for column in free if column in row] or free
        for changed in changes(table, tried, row):
            error = await self.refusal(table.name, changed)
            broken = self.broken(error)
            if error is None or broken == wanted:
                return changed
            other = table.checks.get(broken) or table.uniques.get(broken)
            if broken != rule.name and other is not None and not {*other.columns} <= {*tried, *fixed}:
                return changed
        return None


def changes(table: Table, columns: Sequence[str], row: Row, *, nulls: bool = False) -> Iterator[Row]:
    """The row with every combination of values in these columns, up to a limit."""
    written = [column for column in columns if not table.columns[column].computed]
    pools = [[*values_of(table, column), *([None] if nulls else [])] for column in written]
    for values in islice(product(*pools), _TRIES):
        yield row | dict(zip(written, values, strict=True))
