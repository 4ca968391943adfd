"""Customers who want the same at the same moment: the last units through two routers, baskets in opposite orders."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from tests.supergraph.fleet import Customer, Fleet
from tests.supergraph.gates import gates
from tests.supergraph.sizes import CROSSED_BASKETS, RUSH_BUYERS, RUSH_UNITS

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("fleet")]

_ADJUST = """mutation($product: ID!, $delta: Int!, $key: ID!) {
  adjustStock(productId: $product, delta: $delta, reason: "count", idempotencyKey: $key) { errors { code } }
}"""


@asynccontextmanager
async def _watched(fleet: Fleet, product: UUID) -> AsyncIterator[list[tuple[int, int]]]:
    """(stock, reserved) as often as they can be read, while the block runs."""
    seen: list[tuple[int, int]] = []
    connection = await asyncpg.connect(**fleet.databases["product"].connect_arguments())

    async def look() -> None:
        while True:
            row = await connection.fetchrow("SELECT stock, reserved FROM products WHERE id = $1", product)
            seen.append((row["stock"], row["reserved"]))
            await asyncio.sleep(0.02)

    looking = asyncio.create_task(look())
    try:
        yield seen
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        await connection.close()


async def test_a_rush_sells_every_unit_once_and_refuses_the_rest(fleet: Fleet) -> None:
    """Scenario 1: everybody wants one of a few units at once, half of them through each of two routers."""
    fleet.revive()
    lamp = await fleet.add_product(stock=RUSH_UNITS)
    limits = httpx.Limits(max_connections=RUSH_BUYERS)
    async with gates(fleet, 2) as doors, httpx.AsyncClient(timeout=60, limits=limits) as http:
        buyers = [Customer(fleet, http, door=doors.urls[n % 2]) for n in range(RUSH_BUYERS)]
        for buyer in buyers:
            buyer.token = doors.token(buyer.id)
        inputs = [buyer.order_for(await buyer.put(lamp), "20.00") for buyer in buyers]
        async with _watched(fleet, lamp) as seen:
            rush = (buyer.until_answered(input, 300) for buyer, input in zip(buyers, inputs, strict=True))
            answers = await asyncio.gather(*rush)
    outcomes = Counter(
        "{__typename} {code}".format_map(answer["errors"][0]) if answer["errors"] else answer["order"]["status"]
        for answer in answers
    )
    assert outcomes == {"CONFIRMED": RUSH_UNITS, "OutOfStockError OUT_OF_STOCK": RUSH_BUYERS - RUSH_UNITS}
    assert [pair for pair in seen if pair[0] < 0 or not 0 <= pair[1] <= pair[0]] == []
    assert len({stock for stock, _ in seen}) > 1  # it has been looked at while they bought
    await fleet.settle()
    assert await fleet.sold(lamp) == RUSH_UNITS
    await fleet.assert_conserved({lamp: RUSH_UNITS})


class _Clerk:
    """Finds two units more of each, then one less, again and again, and remembers the sum."""

    def __init__(self, fleet: Fleet, http: httpx.AsyncClient, products: tuple[UUID, UUID]) -> None:
        self._fleet = fleet
        self._http = http
        self._products = products
        self.counted: Counter[UUID] = Counter()
        self.goes_home = asyncio.Event()

    async def work(self) -> None:
        delta = 2
        while not self.goes_home.is_set():
            for product in self._products:
                await self._count(product, delta)
            delta = 1 - delta

    async def _count(self, product: UUID, delta: int) -> None:
        headers = {"authorization": self._fleet.identities.user(scopes=["stock:write", "catalog:read"])}
        variables: dict[str, Any] = {"product": str(product), "delta": delta, "key": uuid4().hex}
        answer = await self._http.post(
            f"{self._fleet.url('product')}/graphql", json={"query": _ADJUST, "variables": variables}, headers=headers
        )
        assert answer.json()["data"]["adjustStock"]["errors"] == []
        self.counted[product] += delta


async def test_crossed_baskets_never_deadlock(fleet: Fleet) -> None:
    """Scenario 2: the same two goods in opposite orders, while a clerk counts the stock of both."""
    fleet.revive()
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    before = await fleet.value("product", deadlocks)
    units = CROSSED_BASKETS + 100
    pair = (await fleet.add_product(stock=units), await fleet.add_product(stock=units))
    async with httpx.AsyncClient(timeout=120, limits=httpx.Limits(max_connections=16)) as http:

        async def buy(products: tuple[UUID, UUID]) -> str:
            customer = Customer(fleet, http)
            await customer.put(products[0])
            input = customer.order_for(await customer.put(products[1]), "40.00")
            payload = await customer.until_answered(input, 300)
            return str(payload["errors"][0]["code"] if payload["errors"] else payload["order"]["status"])

        clerk = _Clerk(fleet, http, pair)
        counting = asyncio.create_task(clerk.work())
        outcomes = await asyncio.gather(*(buy(pair if n % 2 else pair[::-1]) for n in range(CROSSED_BASKETS)))
        clerk.goes_home.set()
        await counting
    await fleet.settle()
    assert Counter(outcomes) == {"CONFIRMED": CROSSED_BASKETS}
    assert min(clerk.counted.values()) > 0
    assert await fleet.value("product", deadlocks) == before
    await fleet.assert_conserved({product: units + clerk.counted[product] for product in pair})
