"""What customers meet on a bad day: a connection that breaks, databases that are away."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import orjson
import pytest

from tests.fixtures.databases import Databases
from tests.supergraph.fleet import CHECKOUT, TRADE, Customer, Fleet

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("fleet")]

_AWAY_SECONDS = 4


@pytest.fixture
async def customer(fleet: Fleet) -> AsyncIterator[Customer]:
    fleet.revive()
    async with httpx.AsyncClient(timeout=30) as http:
        yield Customer(fleet, http)


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
