"""``stockChanged``: the products named, whenever the number of units that can be ordered changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.product import app
from subgraphs.product.domain.stock import State
from subgraphs.product.service import stock
from subgraphs.product.tables import DB
from tests.fixtures.rooms import RoomClient, StartRoom
from tests.subgraphs import streams
from tests.subgraphs.product.conftest import Stockroom
from tests.subgraphs.streams import Events, following

QUERY = """subscription($ids: [ID!]!) {
  stockChanged(productIds: $ids) { id availability { availableQuantity } }
}"""


@pytest.fixture
async def live(start_room: StartRoom, redis_url: str) -> AsyncIterator[RoomClient]:
    async with streams.live(start_room, "product", app, redis_url) as client:
        yield client


async def told(events: Events) -> tuple[UUID, int]:
    product = (await events.next())["stockChanged"]
    return UUID(product["id"]), product["availability"]["availableQuantity"]


async def test_reserving_releasing_and_counting_are_told(live: RoomClient) -> None:
    shelf = Stockroom()
    lamp, chair, other = await shelf.product(stock=10), await shelf.product(stock=5), await shelf.product(stock=5)
    async with following(live, QUERY, {"ids": [str(lamp), str(chair)]}) as events:
        await stock.reserve(uuid4(), [(other, 1)], 60)
        order = uuid4()
        await stock.reserve(order, [(lamp, 3), (chair, 1), (other, 1)], 60)
        assert {await told(events), await told(events)} == {(lamp, 7), (chair, 4)}
        await stock.commit(order)  # sold units were not available before either
        await stock.release(order, "changed my mind")
        assert {await told(events), await told(events)} == {(lamp, 10), (chair, 5)}
        arguments = f'productId: "{lamp}", delta: 5, reason: "count", idempotencyKey: "k"'
        mutation = f"mutation {{ adjustStock({arguments}) {{ errors {{ code }} }} }}"
        await live.query(mutation, as_user=uuid4(), scopes=("stock:write",))
        assert await told(events) == (lamp, 15)


async def test_units_of_overdue_holds_are_told(live: RoomClient) -> None:
    lamp = await Stockroom().product(stock=10)
    order = uuid4()
    async with following(live, QUERY, {"ids": [str(lamp)]}) as events:
        await stock.reserve(order, [(lamp, 4)], 60)
        assert await told(events) == (lamp, 6)
        await DB.execute("UPDATE stock_reservations SET expires_at = now() - interval '1 second'")
        await stock.sweep()
        assert await told(events) == (lamp, 10)


async def test_units_that_a_refused_order_found_overdue_are_told(live: RoomClient) -> None:
    lamp = await Stockroom().product(stock=10)
    async with following(live, QUERY, {"ids": [str(lamp)]}) as events:
        await stock.reserve(uuid4(), [(lamp, 4)], 60)
        assert await told(events) == (lamp, 6)
        await DB.execute("UPDATE stock_reservations SET expires_at = now() - interval '1 second'")
        refused = await stock.reserve(uuid4(), [(lamp, 11)], 60)
        assert refused.state is State.OUT_OF_STOCK
        assert await told(events) == (lamp, 10)


async def test_what_cannot_be_followed(live: RoomClient) -> None:
    shelf = Stockroom()
    lamp, hidden = await shelf.product(), await shelf.product(active=False)
    refused: list[tuple[list[Any], str]] = [
        ([], "PRODUCT_COUNT_INVALID"),
        ([str(uuid4()) for _ in range(101)], "PRODUCT_COUNT_INVALID"),
        ([str(lamp), str(uuid4())], "NOT_FOUND"),
        (["7"], "NOT_FOUND"),
        ([str(hidden)], "NOT_FOUND"),
    ]
    for ids, code in refused:
        async with following(live, QUERY, {"ids": ids}) as events:
            assert await events.refusal() == code
    async with following(live, QUERY, {"ids": [str(hidden)]}, as_user=uuid4(), scopes=("catalog:read",)) as events:
        await begin(events, hidden)
        await stock_of(hidden, 3)
        assert await told(events) == (hidden, 3)


async def test_a_product_that_is_hidden_meanwhile_is_silent_until_it_is_back(live: RoomClient) -> None:
    lamp = await Stockroom().product(stock=10)
    async with following(live, QUERY, {"ids": [str(lamp)]}) as events:
        await begin(events, lamp)
        await DB.execute("UPDATE products SET is_active = false WHERE id = $1", lamp)
        await stock_of(lamp, 4)
        await asyncio.sleep(1)  # until the room has looked at it: back too soon, it would be told
        await DB.execute("UPDATE products SET is_active = true WHERE id = $1", lamp)
        await stock_of(lamp, 3)
        assert await told(events) == (lamp, 3)


async def begin(events: Events, product: UUID) -> None:
    """Change the stock until it is told: the room listens before it has looked what there is to begin with."""
    units = 100
    while events.silent:
        units += 1
        await stock_of(product, units)
        await asyncio.sleep(0.05)
    while await told(events) != (product, units):
        pass


async def stock_of(product: UUID, units: int) -> None:
    from subgraphs.product.service.watching import tell_changed

    async with DB.transaction():
        await DB.execute("UPDATE products SET stock = $2 WHERE id = $1", product, units)
        await tell_changed([product], f"product:{product}")
