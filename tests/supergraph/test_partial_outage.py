"""Payment is away, each time in another way: who looks at orders through the router sees all else (S-002, §7.11)."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.fixtures.databases import Databases
from tests.supergraph.fleet import Customer, Fleet
from tests.supergraph.gates import gates

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("fleet")]

ORDERS = """query($a: ID!, $b: ID!) {
  a: order(by: {id: $a}) { ...Order }
  b: order(by: {id: $b}) { ...Order }
}
fragment Order on Order { status items { quantity product { name } } payment { status } }
"""


@dataclass
class Buyer:
    """Somebody with two paid orders, who looks at them through a router."""

    customer: Customer
    orders: tuple[str, str]

    async def look(self) -> tuple[list[Any], list[tuple[str, list[Any]]]]:
        """Each order's payment, and codes and paths of the errors; all else is as it should be."""
        answer = await self.customer.send(ORDERS, dict(zip("ab", self.orders, strict=True)))
        for order in answer["data"].values():
            assert order["status"] == "CONFIRMED"
            assert [item["quantity"] for item in order["items"]] == [1]
            assert order["items"][0]["product"]["name"]
        payments = [answer["data"][key]["payment"] for key in "ab"]
        errors = [(error["extensions"]["code"], error["path"]) for error in answer.get("errors", ())]
        return payments, errors

    async def see_all(self, within: float = 60) -> None:
        """Wait until the payments are there again."""
        async with asyncio.timeout(within):
            payments, errors = await self.look()
            while errors:
                await asyncio.sleep(0.2)
                payments, errors = await self.look()
        assert payments == [{"status": "COMPLETED"}] * 2


@pytest.fixture
async def buyer(fleet: Fleet) -> AsyncIterator[Buyer]:
    fleet.revive()
    async with gates(fleet, 1) as doors, httpx.AsyncClient(timeout=60) as http:
        direct = Customer(fleet, http)
        lamp = await fleet.add_product(stock=5)
        orders = []
        for _ in range(2):
            bought = await direct.until_answered(direct.order_for(await direct.put(lamp), "20.00"))
            assert bought["errors"] == []
            orders.append(bought["order"]["id"])
        await fleet.settle()
        customer = Customer(fleet, http, direct.id, doors.urls[0], doors.token(direct.id))
        yield Buyer(customer, (orders[0], orders[1]))


async def test_its_database_is_away(fleet: Fleet, buyer: Buyer, databases: Databases) -> None:
    await buyer.see_all()
    name = fleet.databases["payment"].name
    try:
        databases.run(
            f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        payments, errors = await buyer.look()
        assert payments == [None, None]
        assert errors == [("SERVICE_UNAVAILABLE", ["a", "payment"]), ("SERVICE_UNAVAILABLE", ["b", "payment"])]
    finally:
        databases.run(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
    await buyer.see_all()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "silent"])
async def test_its_process_is_away(fleet: Fleet, buyer: Buyer, number: signal.Signals) -> None:
    """At first each operation finds out for itself; then the circuit is open, and nobody waits or knocks."""
    await buyer.see_all()
    door = f"{buyer.customer.door}/metrics"
    process = fleet.running["payment"].pid
    os.kill(process, number)
    try:
        expected = "GATEWAY_TIMEOUT" if number == signal.SIGSTOP else "SUBREQUEST_HTTP_ERROR"
        seen = await asyncio.gather(*(buyer.look() for _ in range(6)))
        assert seen == [([None, None], [(expected, ["a"]), (expected, ["b"])])] * 6
        assert 'router_subgraph_circuit_open{subgraph="payment"} 1.0' in (await buyer.customer.http.get(door)).text
        assert await buyer.look() == (
            [None, None],
            [("SUBREQUEST_HTTP_ERROR", ["a"]), ("SUBREQUEST_HTTP_ERROR", ["b"])],
        )
    finally:
        if number == signal.SIGSTOP:
            os.kill(process, signal.SIGCONT)
        else:
            fleet.revive()
    await buyer.see_all()
    assert 'router_subgraph_circuit_open{subgraph="payment"} 0.0' in (await buyer.customer.http.get(door)).text
