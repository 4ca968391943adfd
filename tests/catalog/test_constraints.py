"""Every constraint of every database is broken straight in SQL, and says so by its name (S-109).

What comes of it in a mutation is typed: a conflict, something missing, or something invalid. The catalog says which
there are: a new table or constraint is tried when it is there. Each is broken from a valid row
that was made from the catalog, too. One that no row can break would be listed here with the reason; there is none.
"""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from subgraphs.kernel.errors import constraint_refusal
from subgraphs.kernel.refusals import Conflict, Invalid, Missing, Refusal
from tests.catalog.constraints import Reference, Table, Unique, read_constraints
from tests.catalog.rows import NOON, Row, Rows, changes, values_of
from tests.catalog.test_fixed_sets import ENUMS, enum_values

_JUNK_ROWS = 60
_SIGNED = ("id",)
"""Numbers of events, which their sequence alone decides."""
KEPT_PLACES = {"user": {"idx_user_profiles_user_id": "a registration that is told again must not revive a person"}}
"""Unique indexes in which deleted rows stay, and why."""


@pytest.fixture
async def rows(connection: Any) -> AsyncIterator[Rows]:
    transaction = connection.transaction()
    await transaction.start()
    yield Rows(connection, await read_constraints(connection))
    await transaction.rollback()


async def test_every_constraint_refuses_what_breaks_it(rows: Rows) -> None:
    unbroken: set[str] = set()
    tried = 0
    for table in rows.catalog.tables.values():
        async with rows.undone():
            row = await rows.valid(table.name)
            for name, broken in _attempts(rows, table, row):
                tried += 1
                async with rows.undone():
                    if not await broken:
                        unbroken.add(name)
    assert unbroken == set()
    assert tried > 50


async def test_what_is_taken_is_lawful(room: str, rows: Rows) -> None:
    """Random rows are refused for what they are, or keep what the documents ask of money, counts, codes and sets."""
    dice, taken, refused = random.Random(room), 0, 0  # noqa: S311 - repeatable junk
    enums = {
        column: values
        for name, columns in ENUMS[room].items()
        for column in columns
        for values in (enum_values(room)[name],)
    }
    for table in rows.catalog.tables.values():
        async with rows.undone():
            valid = await rows.valid(table.name)
            written = [name for name, column in table.columns.items() if not column.computed]
            for _ in range(_JUNK_ROWS):
                chosen = dice.sample(written, dice.randint(1, min(4, len(written))))
                row = valid | {name: dice.choice([*values_of(table, name), None]) for name in chosen}
                error = await rows.refusal(table.name, row)
                if error is None:
                    taken += 1
                    wrong = [name for name in row if not _is_lawful(table, name, row[name], enums)]
                    assert wrong == [], (table.name, row)
                else:
                    refused += 1
                    assert (error.sqlstate or "")[:2] in ("22", "23"), (table.name, row, error)
    assert min(taken, refused) > 20


def _is_lawful(table: Table, name: str, value: Any, enums: Mapping[str, set[str]]) -> bool:
    column = table.columns[name]
    if value is None:
        return not column.required
    if column.type == "numeric":
        return bool(value.is_finite() and value >= 0)
    if column.type.startswith("int"):
        return name in _SIGNED or value >= (1 if name in ("quantity", "version", "rating") else 0)
    if name == "currency":
        return re.fullmatch("[A-Z]{3}", value) is not None
    if f"{table.name}.{name}" in enums:
        return value in enums[f"{table.name}.{name}"]
    return column.length is None or len(value) <= column.length


def _attempts(rows: Rows, table: Table, row: Row) -> Iterator[tuple[str, Awaitable[bool]]]:
    for name, column in table.columns.items():
        if column.required and not column.computed:
            yield f"{table.name}.{name}", _null(rows, table, row, name)
        if column.length is not None:
            yield f"{table.name}.{name} length", _length(rows, table, row, name)
    for name in table.checks:
        yield name, _check(rows, table, row, name)
    for name, reference in table.references.items():
        yield name, _reference(rows, table, row, reference)
    for name, unique in table.uniques.items():
        yield name, _unique(rows, table, row, unique)


def _is(error: asyncpg.PostgresError | None, kind: type[asyncpg.PostgresError], refusal: type[Refusal]) -> bool:
    """Whether a row was refused for this, and a client would read that as what it is."""
    return isinstance(error, kind) and isinstance(constraint_refusal(error), refusal)


async def _null(rows: Rows, table: Table, row: Row, column: str) -> bool:
    error = await rows.refusal(table.name, row | {column: None})
    return _is(error, asyncpg.NotNullViolationError, Invalid) and (
        rows.catalog.whole(error.table_name),
        error.column_name,
    ) == (table.name, column)


async def _length(rows: Rows, table: Table, row: Row, column: str) -> bool:
    error = await rows.refusal(table.name, row | {column: "x" * ((table.columns[column].length or 0) + 1)})
    return _is(error, asyncpg.StringDataRightTruncationError, Invalid)


async def _check(rows: Rows, table: Table, row: Row, name: str) -> bool:
    """Other checks that speak of the same columns may be minded first: then theirs are changed, too."""
    columns = table.checks[name].columns
    around = {column for check in table.checks.values() if {*check.columns} & {*columns} for column in check.columns}
    for tried in (columns, (*columns, *sorted(around - {*columns}))):
        for changed in changes(table, tried, row, nulls=True):
            error = await rows.refusal(table.name, changed)
            if rows.broken(error) == name:
                return _is(error, asyncpg.CheckViolationError, Invalid)
    return False


async def _reference(rows: Rows, table: Table, row: Row, reference: Reference) -> bool:
    """No child without a parent; and a parent takes its children with it, or stays."""
    error = await rows.refusal(table.name, row | {column: uuid4() for column in reference.columns})
    if not _is(error, asyncpg.ForeignKeyViolationError, Missing) or rows.broken(error) != reference.name:
        return False
    child = await rows.child_of(reference.parent, reference.columns, reference.keys)
    where = " AND ".join(f'"{key}" = ${number}' for number, key in enumerate(reference.keys, 1))
    async with rows.undone():
        row = await rows.settled(table, row | child, reference.columns) or row
        await rows.insert(table.name, row)
        try:
            async with rows.connection.transaction():
                await rows.connection.execute(f'DELETE FROM "{reference.parent}" WHERE {where}', *child.values())
        except asyncpg.ForeignKeyViolationError as stays:
            return not reference.cascades and rows.broken(stays) == reference.name
        where = " AND ".join(f'"{column}" = ${number}' for number, column in enumerate(reference.columns, 1))
        left = await rows.connection.fetchval(f'SELECT count(*) FROM "{table.name}" WHERE {where}', *child.values())
        return reference.cascades and left == 0


async def _unique(rows: Rows, table: Table, row: Row, unique: Unique) -> bool:
    """A second row that shares nothing else that must be unique; where the index has a condition, both meet it."""
    named = row | {name: _any(table, name) for name in unique.columns if name not in row}
    for reference in table.references.values():
        if {*reference.columns} <= {*unique.columns} - {*row}:
            named |= await rows.child_of(reference.parent, reference.columns, reference.keys)
    for changed in changes(table, unique.conditions, named, nulls=True) if unique.predicate else [named]:
        first = await rows.settled(table, changed, [*unique.columns, *unique.conditions])
        if first is None:
            continue
        async with rows.undone():
            if await rows.insert(table.name, first, unique.predicate or "true"):
                return await _second_is_refused(rows, table, first, unique)
    return False


async def _second_is_refused(rows: Rows, table: Table, row: Row | None, unique: Unique) -> bool:
    while row is not None:
        error = await rows.refusal(table.name, row)
        if (broken := rows.broken(error)) == unique.name:
            return _is(error, asyncpg.UniqueViolationError, Conflict)
        other = table.uniques.get(broken)
        row = None if other is None else await rows.mended(table, other, row, unique.columns, unique.name)
    return False


def _any(table: Table, column: str) -> Any:
    return uuid4() if table.columns[column].type == "uuid" else values_of(table, column)[0]


async def test_what_was_deleted_takes_no_place(room: str, rows: Rows) -> None:
    """Only live rows are unique (D07): where the index does not say so, a check lets no deleted row be in it."""
    kept = set()
    for table in rows.catalog.tables.values():
        if "deleted_at" not in table.columns:
            continue
        for unique in table.uniques.values():
            if unique.columns == ("id",):
                continue
            async with rows.undone():
                deleted = await rows.valid(table.name) | {"deleted_at": NOON}
                for changed in changes(table, unique.conditions, deleted, nulls=True):
                    changed |= {"deleted_at": NOON}
                    if await rows.refusal(table.name, changed) is None:
                        async with rows.undone():
                            if await rows.insert(table.name, changed, unique.predicate or "true"):
                                kept.add(unique.name)
    assert kept == set(KEPT_PLACES.get(room, {}))
