"""What customers meet on a bad day: a rush on the last units, a connection that breaks, databases that are away."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import httpx
import orjson
import pytest

from tests.fixtures.databases import Databases
from tests.supergraph.fleet import CHECKOUT, TRADE, Customer, Fleet

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("fleet")]

UNITS, BUYERS = (37, 200) if "STOA_LONG" in os.environ else (9, 40)  # `make chaos`: the whole rush
_AWAY_SECONDS = 4


@pytest.fixture
async def customer(fleet: Fleet) -> AsyncIterator[Customer]:
    fleet.revive()
    async with httpx.AsyncClient(timeout=30) as http:
        yield Customer(fleet, http)


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
    fleet.revive()
    lamp = await fleet.add_product(stock=UNITS)
    limits = httpx.Limits(max_connections=BUYERS)
    async with httpx.AsyncClient(timeout=60, limits=limits) as http:
        buyers = [Customer(fleet, http) for _ in range(BUYERS)]
        inputs = [buyer.order_for(await buyer.put(lamp), "20.00") for buyer in buyers]
        async with _watched(fleet, lamp) as seen:
            rush = (buyer.until_answered(input, 300) for buyer, input in zip(buyers, inputs, strict=True))
            answers = await asyncio.gather(*rush)
    outcomes = Counter(
        "{__typename} {code}".format_map(answer["errors"][0]) if answer["errors"] else answer["order"]["status"]
        for answer in answers
    )
    assert outcomes == {"CONFIRMED": UNITS, "OutOfStockError OUT_OF_STOCK": BUYERS - UNITS}
    assert [pair for pair in seen if pair[0] < 0 or not 0 <= pair[1] <= pair[0]] == []
    assert len({stock for stock, _ in seen}) > 1  # it has been looked at while they bought
    await fleet.settle()
    assert await fleet.sold(lamp) == UNITS
    await fleet.assert_conserved({lamp: UNITS})


async def test_a_connection_that_breaks_before_the_answer_costs_no_second_order(
    fleet: Fleet, customer: Customer
) -> None:
    lamp = await fleet.add_product(stock=5)
    input = customer.order_for(await customer.put(lamp), "20.00")
    url = httpx.URL(fleet.url("order"))
    body = orjson.dumps({"query": CHECKOUT, "variables": {"input": input}})
    head = (
        f"POST /graphql HTTP/1.1\r\nhost: {url.host}\r\ncontent-type: application/json\r\n"
        f"authorization: {fleet.identities.user(customer.id)}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    _, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(head.encode() + body)
    await fleet.eventually("order", "SELECT count(*) FROM checkout_sagas WHERE user_id = $1", 1, customer.id)
    writer.transport.abort()  # type: ignore[attr-defined]
    again = await customer.until_answered(input)
    assert (again["errors"], again["order"]["status"]) == ([], "CONFIRMED")
    for name in ("provider", *TRADE):
        fleet.kill(name)
    fleet.revive()
    after = await customer.until_answered(input)
    assert (after["replayed"], after["order"]["id"]) == (True, again["order"]["id"])
    await fleet.settle()
    assert await fleet.value("order", "SELECT count(*) FROM orders WHERE user_id = $1", customer.id) == 1
    assert await fleet.value("payment", "SELECT count(*) FROM payments WHERE user_id = $1", customer.id) == 1
    assert await fleet.sold(lamp) == 1
    await fleet.assert_conserved({lamp: 5})


@pytest.mark.parametrize("room", ["payment", "product"])
async def test_a_database_that_is_away_for_a_while_loses_nothing(
    fleet: Fleet, customer: Customer, databases: Databases, room: str
) -> None:
    """It lets nobody in and has thrown everybody out, as while PostgreSQL is restarted."""
    lamp = await fleet.add_product(stock=50)
    buyers = [Customer(fleet, customer.http) for _ in range(16)]
    inputs = [buyer.order_for(await buyer.put(lamp), "20.00") for buyer in buyers]
    name = fleet.databases[room].name

    async def buy(n: int) -> str:
        await asyncio.sleep(n * 0.15)
        answer = await buyers[n].until_answered(inputs[n], 120)
        return str(answer["errors"][0]["code"] if answer["errors"] else answer["order"]["status"])

    buying = [asyncio.create_task(buy(n)) for n in range(len(buyers))]
    await asyncio.sleep(0.5)
    try:
        databases.run(
            f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        await asyncio.sleep(_AWAY_SECONDS)
        assert (await customer.http.get(f"{fleet.url(room)}/readyz")).status_code == 503
        assert (await customer.http.get(f"{fleet.url(room)}/livez")).status_code == 200
    finally:
        databases.run(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
    assert Counter(await asyncio.gather(*buying)) == {"CONFIRMED": len(buyers)}
    await fleet.settle(within=60)
    assert await fleet.sold(lamp) == len(buyers)
    await fleet.assert_conserved({lamp: 50})
