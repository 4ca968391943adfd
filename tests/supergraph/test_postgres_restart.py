"""PostgreSQL itself goes away in the middle of checkouts, all databases at once, and comes back."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from tests.fixtures.databases import Databases
from tests.fixtures.identities import Identities
from tests.fixtures.postgres import OwnServer, own_server
from tests.supergraph.fleet import TRADE, Customer, Fleet, running_fleet

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("own postgres")]

_BUYERS = 24
_AWAY_SECONDS = 3
_PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def server(worker_id: str) -> Iterator[OwnServer]:
    with own_server(worker_id) as server:
        yield server


@pytest.fixture(scope="module")
def own_fleet(server: OwnServer, worker_id: str, identities: Identities) -> Iterator[Fleet]:
    """A fleet whose PostgreSQL no other test uses."""
    with running_fleet(f"own-{worker_id}", Databases(server.at), identities) as fleet:
        yield fleet


async def _buys(buyer: Customer, input: Mapping[str, Any], after: float, seen: Counter[str]) -> str:
    """The end of a checkout that is repeated until it has one; ``seen`` counts every answer on the way."""
    await asyncio.sleep(after)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        payload = await buyer.checkout(input)  # never a broken connection: the services live
        code = payload["errors"][0]["code"] if payload["errors"] else payload["order"]["status"]
        seen[code] += 1
        if code not in ("IN_PROGRESS", "SERVICE_UNAVAILABLE") and payload.get("nextAction") is None:
            return str(code)
        await asyncio.sleep(0.3)
    raise AssertionError(f"no end of the checkout: {seen}")


async def test_postgres_is_stopped_at_once_and_started_under_checkouts(own_fleet: Fleet, server: OwnServer) -> None:
    fleet, seen = own_fleet, Counter[str]()
    lamp = await fleet.add_product(stock=100)
    processes = dict(fleet.running)
    # The last buyers wait for nearly the five seconds after which a service ends an idle connection.
    async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(keepalive_expiry=1)) as http:
        buyers = [Customer(fleet, http) for _ in range(_BUYERS)]
        inputs = [buyer.order_for(await buyer.put(lamp), "20.00") for buyer in buyers]
        buying = [
            asyncio.create_task(_buys(buyer, input, n * 0.2, seen))
            for n, (buyer, input) in enumerate(zip(buyers, inputs, strict=True))
        ]
        for _ in range(2):
            await asyncio.sleep(1)
            await asyncio.to_thread(server.stop)
            await asyncio.sleep(_AWAY_SECONDS)
            health = {
                (room, path): (await http.get(f"{fleet.url(room)}{path}")).status_code
                for room in TRADE
                for path in ("/readyz", "/livez")
            }
            await asyncio.to_thread(server.start)
            assert health == {key: 503 if key[1] == "/readyz" else 200 for key in health}
        ends = Counter(await asyncio.gather(*buying))
        for room in TRADE:
            deadline = time.monotonic() + 30
            while (await http.get(f"{fleet.url(room)}/readyz")).status_code != 200:
                assert time.monotonic() < deadline, f"{room} does not recover"
                await asyncio.sleep(0.2)
    assert ends == {"CONFIRMED": _BUYERS}, "\n".join(map(fleet.log, TRADE))
    assert seen["SERVICE_UNAVAILABLE"] > 0  # somebody met the outage
    assert set(seen) <= {"CONFIRMED", "SERVICE_UNAVAILABLE", "IN_PROGRESS", "PENDING"}
    await fleet.settle(within=60)
    assert fleet.running == processes  # nobody was restarted
    assert await fleet.sold(lamp) == _BUYERS
    await fleet.assert_conserved({lamp: 100})
