"""Keyset pages walk a real table forwards and backwards, in any mix of directions, without loss or repetition."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subgraphs.kernel.database import Database
from subgraphs.kernel.identity import ANONYMOUS, Principal
from subgraphs.kernel.pagination import Column, Keyset, PageRequest, page_request
from subgraphs.kernel.refusals import Invalid
from tests.fixtures.databases import Databases

KEYSETS = [
    Keyset("NEWEST", (Column("made", dt.datetime, descending=True), Column("id", UUID, descending=True))),
    Keyset("OLDEST", (Column("made", dt.datetime), Column("id", UUID))),
    Keyset("PRICE", (Column("price", Decimal), Column("made", dt.datetime, descending=True), Column("id", UUID))),
]


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    settings = databases.empty("auth")
    async with Database("auth").opened(settings) as opened:
        await opened.execute("CREATE TABLE t (id uuid PRIMARY KEY, made timestamptz, price numeric(10, 2))")
        noon = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        rows = [(uuid4(), noon + dt.timedelta(days=n % 4), Decimal(n % 3) / 2) for n in range(23)]
        await opened.execute_many("INSERT INTO t VALUES ($1, $2, $3)", rows)
        yield opened
    databases.drop(settings)


def key_of(keyset: Keyset) -> Any:
    return lambda row: tuple(row[column.sql] for column in keyset.columns)


async def fetch(database: Database, request: PageRequest) -> Any:
    where, arguments = request.where(next_parameter=1)
    sql = f"SELECT * FROM t WHERE {where} ORDER BY {request.order_by} LIMIT {request.limit}"
    return request.page(await database.fetch(sql, *arguments), key=key_of(request.keyset))


@pytest.mark.parametrize("keyset", KEYSETS, ids=lambda keyset: keyset.name)
async def test_pages_cover_the_list_in_both_directions(database: Database, keyset: Keyset) -> None:
    everything = [row["id"] for row in await database.fetch(f"SELECT id FROM t ORDER BY {keyset.order_by()}")]
    seen: list[UUID] = []
    cursor = None
    while True:
        page = await fetch(database, page_request(keyset, ANONYMOUS, first=5, after=cursor))
        assert page.has_previous == (cursor is not None)
        seen += [row["id"] for row in page.nodes]
        if not page.has_next:
            break
        cursor = page.info.end_cursor
    assert seen == everything

    seen, cursor = [], None
    while True:
        page = await fetch(database, page_request(keyset, ANONYMOUS, last=5, before=cursor))
        seen = [row["id"] for row in page.nodes] + seen
        if not page.has_previous:
            break
        cursor = page.info.start_cursor
    assert seen == everything


@given(st.text(max_size=40) | st.binary(max_size=40).map(bytes.hex))
def test_junk_cursors_are_refused(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        KEYSETS[0].decode(cursor)
    assert refused.value.code in ("INVALID_CURSOR", "CURSOR_OF_ANOTHER_SORT")


FORGED: dict[type, list[object]] = {
    dt.datetime: ["2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", 5, None],
    UUID: [5, 1.5, True, [], {}, None, "", "junk"],
    Decimal: ["NaN", "Infinity", "1E+999999", "", 5, 1.5, None],
    int: [2**31, -(2**31) - 1, 10**30, 1.5, True, "5", None],
    float: [5, "1.5", None],
    str: ["a\x00b", 5, None],
}


@pytest.mark.parametrize(("type_", "value"), [(type_, value) for type_, values in FORGED.items() for value in values])
def test_forged_values_are_refused_before_any_statement(type_: type, value: object) -> None:
    keyset = Keyset("FORGED", (Column("x", type_), Column("id", UUID)))
    forged = base64.urlsafe_b64encode(json.dumps(["FORGED", value, str(uuid4())]).encode()).decode()
    with pytest.raises(Invalid) as refused:
        keyset.decode(forged)
    assert (refused.value.code, refused.value.path) == ("INVALID_CURSOR", ["after"])


@pytest.mark.parametrize(
    "value",
    [
        dt.datetime(2026, 1, 1, 1, 2, 3, 4, dt.UTC),
        dt.date(2026, 1, 1),
        Decimal("-0.000001"),
        7,
        0.5,
        "\U0001f600" * 255,
    ],
)
def test_every_type_of_value_survives_its_cursor(value: object) -> None:
    keyset, row = Keyset("SORT", (Column("x", type(value)), Column("id", UUID))), uuid4()
    assert keyset.decode(keyset.encode((value, row))) == (value, row)


def test_a_cursor_belongs_to_its_sort() -> None:
    moment, row = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), uuid4()
    cursor = KEYSETS[0].encode((moment, row))
    assert KEYSETS[0].decode(cursor) == (moment, row)
    with pytest.raises(Invalid, match="another sort"):
        KEYSETS[1].decode(cursor)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"first": 101}, "PAGE_SIZE_OUT_OF_RANGE"),
        ({"first": 0}, "PAGE_SIZE_OUT_OF_RANGE"),
        ({"last": -1}, "PAGE_SIZE_OUT_OF_RANGE"),
        ({"first": 1, "last": 1}, "PAGE_DIRECTIONS_MIXED"),
        ({"first": 1, "before": "x"}, "PAGE_DIRECTIONS_MIXED"),
    ],
)
def test_page_arguments_have_limits(arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        page_request(KEYSETS[0], ANONYMOUS, **arguments)
    assert refused.value.code == code


def test_staff_pages_may_be_longer() -> None:
    staff = Principal("user", uuid4(), frozenset({"orders:read"}))
    assert page_request(KEYSETS[0], staff, first=250).size == 250
    with pytest.raises(Invalid):
        page_request(KEYSETS[0], staff, first=251)
