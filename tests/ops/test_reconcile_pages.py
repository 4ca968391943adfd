"""Stock is compared in pages: what all rows at once would say, in memory and statements that one page bounds."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from ops.reconcile import facts, report
from tests.fixtures.databases import RoomDatabases

PAGE, GRACE = 4, 60.0
_PRODUCT = """
INSERT INTO products (id, name, sku, slug, price, currency, stock, reserved)
VALUES ($1, 'Lamp', $2::text, lower($2::text), 1, 'USD', 1000, $3)
"""
_LINE = """
INSERT INTO stock_reservations (order_id, product_id, quantity, status, unit_price, currency, expires_at)
VALUES ($1, $2, $3, $4, 1, 'USD', now() + make_interval(secs => $5))
"""
_ADDRESS = '{"street": "Main 1", "city": "Bonn", "state": "", "zip_code": "53111", "country": "DE"}'
_ORDER = """
INSERT INTO orders (id, order_number, user_id, status, subtotal, tax, shipping_cost, total, currency, shipping_address,
                    billing_address)
VALUES ($1, $2, $1, 'confirmed', 1, 0, 0, 1, 'USD', $3, $3)
"""


class Counting:
    """A connection that remembers how many rows each statement answered."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.answered: list[int] = []

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[Any]:
        rows: Sequence[Any] = await self.connection.fetch(sql, *arguments)
        self.answered.append(len(rows))
        return rows


@pytest.fixture
async def rooms(room_database: RoomDatabases) -> AsyncIterator[dict[str, Counting]]:
    opened = {
        room: Counting(await asyncpg.connect(**room_database(room).connect_arguments()))
        for room in ("product", "order")
    }
    yield opened
    for each in opened.values():
        await each.connection.close()


async def _fill(rooms: dict[str, Counting], rng: random.Random, count: int) -> set[tuple[str, str]]:
    """Products and reservations of which some are wrong; answers what has to be found."""
    product, order = rooms["product"].connection, rooms["order"].connection
    products = [UUID(int=rng.getrandbits(128), version=4) for _ in range(count)]
    for number, id in enumerate(products):
        await product.execute(_PRODUCT, id, f"S-{number}", 0)
    held = dict.fromkeys(products, 0)
    expected = set()
    for number in range(count):
        order_id = UUID(int=rng.getrandbits(128), version=4)
        status, seconds = rng.choice(["held", "committed", "released", "expired"]), rng.choice([900, -10, -900])
        exists = rng.random() < 0.7
        if exists:
            await order.execute(_ORDER, order_id, f"O-{number}", _ADDRESS)
        for id in rng.sample(products, min(count, rng.randint(1, 3))):
            await product.execute(_LINE, order_id, id, 2, status, seconds)
            held[id] += 2 * (status == "held")
        if status == "committed" and not exists:
            expected.add(("SOLD_TO_NOBODY", f"order {order_id}"))
        if status == "held" and seconds == -900:
            expected.add(("HOLD_OVERDUE", f"order {order_id}"))
    for number, id in enumerate(products):
        wrong = rng.choice([0, 0, 1])
        await product.execute("UPDATE products SET reserved = $2 WHERE id = $1", id, held[id] + wrong)
        if wrong:
            expected.add(("RESERVED_DIFFERS", f"S-{number}"))
    return expected


@pytest.mark.parametrize("count", [0, 1, PAGE, PAGE + 1, 5 * PAGE + 3])
async def test_pages_find_what_is_wrong_in_all(
    rooms: dict[str, Counting], monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(facts, "PAGE", PAGE)
    expected = await _fill(rooms, random.Random(count), count)  # noqa: S311
    found = [finding async for finding in report._stock(rooms, GRACE)]
    assert len(found) == len(expected)
    assert {(finding.code, finding.subject) for finding in found} == expected
    pages = -(-count // PAGE)
    assert len(rooms["product"].answered) == 2 * (pages + 1)
    assert len(rooms["order"].answered) <= pages
    assert max(rooms["product"].answered + rooms["order"].answered) <= PAGE
