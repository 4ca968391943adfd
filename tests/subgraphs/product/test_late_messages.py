"""What an order says of its stock arrives in any order, any number of times, also at once: nothing is lost or kept."""

from __future__ import annotations

import asyncio
import random
from uuid import UUID, uuid4

import pytest

from subgraphs.product.service import stock
from subgraphs.product.service.stock import sweep
from subgraphs.product.tables import DB
from tests.fixtures.rooms import RoomClient
from tests.subgraphs.product.test_stock import let_time_pass, levels, release, reserve

UNITS, WANTED = 20, 3


async def test_a_request_that_comes_after_its_order_was_given_up_holds_nothing(room: RoomClient, stockroom) -> None:
    product, order = await stockroom.product("Lamp", stock=UNITS), uuid4()
    assert (await release(room, order))["ok"]
    late = await reserve(room, order, {product: WANTED})
    assert (late["ok"], late["state"], late["lines"]) == (False, "RELEASED", [])
    assert await levels(product) == (UNITS, 0)
    assert (await release(room, order))["ok"]
    other = await reserve(room, uuid4(), {product: WANTED})
    assert other["ok"], "only that order is closed"


@pytest.mark.parametrize("seed", range(16))
async def test_messages_in_any_order_conserve_units(room: RoomClient, stockroom, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    product = await stockroom.product("Lamp", stock=UNITS)
    orders = [uuid4() for _ in range(3)]
    told: dict[UUID, list[str]] = {
        order: rng.choices(["reserve", "commit", "release", "overdue", "sweep"], [4, 2, 2, 1, 1], k=rng.randint(1, 7))
        for order in orders
    }
    said = [(order, word) for order in orders for word in told[order]]
    rng.shuffle(said)
    if seed % 2:
        await asyncio.gather(*(_say(order, word, product) for order, word in said))
    else:
        for order, word in said:
            await _say(order, word, product)
    sold = held = 0
    for order in orders:
        status = await DB.fetch_value("SELECT status FROM stock_reservations WHERE order_id = $1", order)
        assert status in (None, "released") if "release" in told[order] else status != "released", told
        sold += WANTED * (status == "committed")
        held += WANTED * (status == "held")
    assert await levels(product) == (UNITS - sold, held), told


async def _say(order: UUID, word: str, product: UUID) -> None:
    match word:
        case "reserve":
            await stock.reserve(order, [(product, WANTED)], 900)
        case "commit":
            await stock.commit(order)
        case "release":
            await stock.release(order, "given up")
        case "overdue":
            await let_time_pass(order)
        case _:
            await sweep()
