"""``make chaos``: random customers and random crashes for a stated number of checkouts, then a reconciliation.

Not collected by a plain ``pytest``: it runs for long. ``STOA_CHECKOUTS`` says how many (2 000), ``STOA_SEED`` repeats
the customers' choices. Customers buy, pay with cards that work, are declined, hang or are charged too late, repeat
their requests as impatient people do, and cancel; meanwhile services are killed and started again. In the end not a
unit, not a cent and not a notification may be lost or doubled.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.supergraph.fleet import TRADE, Customer, Fleet
from tests.supergraph.test_crashes import CANCEL

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("fleet")]

CHECKOUTS = int(os.environ.get("STOA_CHECKOUTS", "2000"))
CUSTOMERS = 12
TOKENS = ["tok_visa"] * 14 + [
    "tok_amex",
    "tok_declined",
    "tok_insufficient_funds",
    "tok_hang",
    "tok_late_capture",
    "tok_refuse_capture",
]
_PATIENCE = 40
_OPEN = ("IN_PROGRESS", "SERVICE_UNAVAILABLE", "CANCELLATION_IN_PROGRESS")


class Street:
    """What all customers share."""

    def __init__(self, fleet: Fleet, seed: int) -> None:
        self.fleet = fleet
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.products: list[UUID] = []
        self.stocks: dict[UUID, int] = {}
        self.left = CHECKOUTS
        self.outcomes: Counter[str] = Counter()
        self.kills: Counter[str] = Counter()

    async def stock_up(self) -> None:
        for n in range(20):
            units = 40 if n < 4 else 10_000  # a few run out
            product = await self.fleet.add_product(units, price=f"{5 + n}.25")
            self.products.append(product)
            self.stocks[product] = units


async def _patiently(ask: Any) -> dict[str, Any]:
    """Repeat a request until it is answered for good, whatever dies under it."""
    for _ in range(_PATIENCE):
        try:
            payload: dict[str, Any] = await ask()
        except (httpx.TransportError, KeyError, TypeError, ValueError):  # died, or answered with errors only
            payload = {"errors": [{"code": "SERVICE_UNAVAILABLE"}]}
        if not payload["errors"] or payload["errors"][0]["code"] not in _OPEN:
            return payload
        await asyncio.sleep(0.5)
    return payload


async def _shop(street: Street, http: httpx.AsyncClient) -> None:
    fleet, dice = street.fleet, street.random
    while street.left > 0:
        street.left -= 1
        customer = Customer(fleet, http)
        bought = {dice.randrange(len(street.products)): dice.randint(1, 2) for _ in range(dice.randint(1, 3))}
        total, version = 0, None
        for index, quantity in bought.items():
            version = await _put(customer, street.products[index], quantity)
            total += (525 + 100 * index) * quantity
        if version is None:
            street.outcomes["gave up filling the cart"] += 1
            continue
        input = customer.order_for(version, f"{total // 100}.{total % 100:02d}", paymentToken=dice.choice(TOKENS))
        payload = await _patiently(lambda i=input, c=customer: c.checkout(i))
        order = payload.get("order")
        code = payload["errors"][0]["code"] if payload["errors"] else None
        street.outcomes[str(code or (order["status"] if order else "nothing"))] += 1
        if order is not None and dice.random() < 0.2:
            answer = await _patiently(lambda o=order, c=customer: _cancel(c, o["id"]))
            street.outcomes["cancelled" if not answer["errors"] else "cancel refused"] += 1


async def _put(customer: Customer, product: UUID, quantity: int) -> int | None:
    for _ in range(_PATIENCE):
        try:
            return await customer.set_line(product, quantity)
        except (httpx.TransportError, AssertionError, KeyError, TypeError, ValueError):
            await asyncio.sleep(0.5)
    return None


async def _cancel(customer: Customer, order: str) -> dict[str, Any]:
    answer = await customer.send(CANCEL, {"id": order})
    payload: dict[str, Any] = answer["data"]["cancelOrder"]
    return payload


async def _wreck(street: Street) -> None:
    """Kill somebody every few seconds; they are back a moment later."""
    while True:
        await asyncio.sleep(street.random.uniform(4, 10))
        room = street.random.choice(TRADE)
        street.fleet.kill(room)
        street.kills[room] += 1
        await asyncio.sleep(street.random.uniform(0, 1))
        await asyncio.to_thread(street.fleet.start, room)


async def test_nothing_is_lost_or_doubled(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("STOA_SEED", str(random.randrange(10**9))))  # noqa: S311
    for name in ("order", "provider"):
        fleet.kill(name)
    fleet.environ |= {"ORDER_HOLD_SECONDS": "90", "SIMULATOR_HANG_SECONDS": "4", "SIMULATOR_COPIES": "2"}
    fleet.start("provider", "order")
    street = Street(fleet, seed)
    await street.stock_up()
    started = time.monotonic()
    async with httpx.AsyncClient(timeout=20) as http:
        wrecker = asyncio.create_task(_wreck(street))
        try:
            await asyncio.gather(*(_shop(street, http) for _ in range(CUSTOMERS)))
        finally:
            wrecker.cancel()
            await asyncio.gather(wrecker, return_exceptions=True)
    for room in TRADE:
        if room not in fleet.running:
            fleet.start(room)
    await fleet.settle(within=300)
    findings = await fleet.findings()
    with capsys.disabled():
        print(f"\n{CHECKOUTS} checkouts in {time.monotonic() - started:.0f} s, seed {seed}")
        print(f"answers: {dict(street.outcomes)}")
        print(f"kills: {dict(street.kills)}")
        for statement, room in (
            ("SELECT status || ' orders: ' || count(*) FROM orders GROUP BY status ORDER BY 1", "order"),
            ("SELECT status || ' payments: ' || count(*) FROM payments GROUP BY status ORDER BY 1", "payment"),
        ):
            print(*[row[0] for row in await fleet.sql(room, statement)], sep=", ")
        print("reconciliation:", *(findings or ["nothing to report"]), sep="\n  ")
    await fleet.assert_conserved(street.stocks)
