"""``make chaos``: random customers and random crashes for a stated number of checkouts, then a reconciliation.

Not collected by a plain ``pytest``: it runs for long. ``STOA_CHECKOUTS`` says how many (2 000), ``STOA_SEED`` repeats
the customers' choices. Customers buy, pay with cards that work, are declined, hang or are charged too late, repeat
their requests as impatient people do, and cancel; meanwhile services die at named points and at any moment, the
provider with them, and Redis loses everything. In the end not a unit, not a cent, not a notification and not a mail
may be lost, and none doubled but mails of which the log can tell (``subgraphs.notification.delivery``).
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.fixtures.databases import Databases
from tests.fixtures.identities import Identities
from tests.supergraph.fleet import TRADE, Customer, Fleet, running_fleet
from tests.supergraph.mails import post_office
from tests.supergraph.report import mail_findings, numbers, order_findings
from tests.supergraph.test_crashes import CANCEL
from tests.supergraph.wrecker import Wrecker

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("fleet")]

CHECKOUTS = int(os.environ.get("STOA_CHECKOUTS", "2000"))
CUSTOMERS = 24
TOKENS = ["tok_visa"] * 14 + [
    "tok_amex",
    "tok_declined",
    "tok_insufficient_funds",
    "tok_hang",
    "tok_late_capture",
    "tok_refuse_capture",
]
_PATIENCE_SECONDS = 120
_SILENT_SECONDS = 4
_OPEN = ("IN_PROGRESS", "SERVICE_UNAVAILABLE", "CANCELLATION_IN_PROGRESS")
_BROKEN = (httpx.TransportError, AssertionError, KeyError, TypeError, ValueError)
"""What a customer meets when somebody dies: no answer, or one with nothing but errors."""


@dataclass
class Street:
    """What all customers share."""

    fleet: Fleet
    random: random.Random
    customers: list[UUID]
    begun: int = 0
    products: list[UUID] = field(default_factory=list)
    stocks: dict[UUID, int] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    told: dict[UUID, str] = field(default_factory=dict)
    """The last that a customer heard of the order."""

    async def open(self) -> None:
        """Goods, a few of which run out, and customers who have a mail address."""
        for n in range(20):
            units = max(CHECKOUTS // 10, 10) if n < 4 else 10_000
            product = await self.fleet.add_product(units, price=f"{5 + n}.25")
            self.products.append(product)
            self.stocks[product] = units
        await self.fleet.sql(
            "notification",
            "INSERT INTO recipients (user_id, email) SELECT id, id || '@example.com' FROM unnest($1::uuid[]) AS id",
            self.customers,
        )

    def hear(self, customer: Customer, payload: dict[str, Any]) -> dict[str, Any] | None:
        """Count an answer; gives its order."""
        order: dict[str, Any] | None = payload.get("order")
        status = order["status"] if order else "nothing"
        self.outcomes[payload["errors"][0]["code"] if payload["errors"] else status] += 1
        self.told[customer.id] = status
        return order


async def _patiently(ask: Callable[[], Awaitable[dict[str, Any]]], *, to_the_end: bool = False) -> dict[str, Any]:
    """Repeat a request until it is answered, whatever dies under it; ``to_the_end``: until nothing is to be waited for.

    The last answer after two minutes.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    payload: dict[str, Any] = {"errors": [{"code": "SERVICE_UNAVAILABLE"}]}
    while time.monotonic() < deadline:
        try:
            payload = await ask()
        except _BROKEN:
            pass
        else:
            unanswered = payload["errors"] and payload["errors"][0]["code"] in _OPEN
            if not unanswered and not (to_the_end and payload.get("nextAction")):
                return payload
        await asyncio.sleep(0.5)
    return payload


async def _shop(street: Street, http: httpx.AsyncClient) -> None:
    fleet, dice = street.fleet, street.random
    while street.begun < CHECKOUTS:
        customer = Customer(fleet, http, street.customers[street.begun])
        street.begun += 1
        bought = {dice.randrange(len(street.products)): dice.randint(1, 2) for _ in range(dice.randint(1, 3))}
        total, version = 0, None
        for index, quantity in bought.items():
            version = await _put(customer, street.products[index], quantity)
            total += (525 + 100 * index) * quantity
        if version is None:
            street.outcomes["gave up filling the cart"] += 1
            continue
        input = customer.order_for(version, f"{total // 100}.{total % 100:02d}", paymentToken=dice.choice(TOKENS))
        waits = dice.random() < 0.7
        order = street.hear(customer, await _patiently(lambda i=input, c=customer: c.checkout(i), to_the_end=waits))
        if order is not None and dice.random() < 0.2:
            answer = await _patiently(lambda o=order, c=customer: _cancel(c, o["id"]))
            street.outcomes["cancelled" if not answer["errors"] else "cancel refused"] += 1
            street.told[customer.id] = "asked to cancel"


async def _put(customer: Customer, product: UUID, quantity: int) -> int | None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            return await customer.set_line(product, quantity)
        except _BROKEN:
            await asyncio.sleep(0.5)
    return None


async def _cancel(customer: Customer, order: str) -> dict[str, Any]:
    answer = await customer.send(CANCEL, {"id": order})
    payload: dict[str, Any] = answer["data"]["cancelOrder"]
    return payload


async def _tell_progress(street: Street, wrecker: Wrecker, capsys: pytest.CaptureFixture[str]) -> None:
    started = time.monotonic()
    while True:
        await asyncio.sleep(30)
        with capsys.disabled():
            print(
                f"{time.monotonic() - started:5.0f} s: {street.begun} begun, {wrecker.kills.total()} kills", flush=True
            )


@pytest.fixture
def fleet(databases: Databases, identities: Identities) -> Iterator[Fleet]:
    """One of its own: what other tests' customers were told of had no mail server, or another."""
    with running_fleet("fleet-chaos", databases, identities) as fleet:
        yield fleet


async def test_nothing_is_lost_or_doubled(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("STOA_SEED", str(random.randrange(10**9))))  # noqa: S311 - repeatable, not secret
    with capsys.disabled():
        print(f"\nseed {seed}", flush=True)
    street = Street(fleet, random.Random(seed), [uuid4() for _ in range(CHECKOUTS)])  # noqa: S311
    wrecker = Wrecker(fleet, random.Random(seed), lambda: street.begun)  # noqa: S311
    fleet.environ |= {"ORDER_HOLD_SECONDS": "90", "SIMULATOR_HANG_SECONDS": str(_SILENT_SECONDS)}
    fleet.environ |= {"SIMULATOR_COPIES": "2", "SIMULATOR_REVERSE_SECONDS": "1"}
    with post_office() as office:
        fleet.environ |= office.settings()
        for name in ("provider", *TRADE):
            fleet.kill(name)
        fleet.start("provider")
        await street.open()
        started = time.monotonic()
        await wrecker.arm(*TRADE)
        limits = httpx.Limits(max_connections=2 * CUSTOMERS)
        async with httpx.AsyncClient(timeout=20, limits=limits) as http:
            background = [
                asyncio.create_task(wrecker.run()),
                asyncio.create_task(_tell_progress(street, wrecker, capsys)),
            ]
            shopping = asyncio.gather(*(_shop(street, http) for _ in range(CUSTOMERS)))
            await asyncio.wait([background[0], shopping], return_when=asyncio.FIRST_COMPLETED)
            for task in background:
                task.cancel()
            for ended in await asyncio.gather(*background, return_exceptions=True):
                if isinstance(ended, Exception):
                    shopping.cancel()
                    raise ended
            await shopping
        shopped = time.monotonic() - started
        await wrecker.disarm()
        await fleet.eventually(
            "order", "SELECT count(*) FROM checkout_sagas WHERE next_run_at IS NOT NULL", 0, within=300
        )
        await asyncio.sleep(_SILENT_SECONDS)  # whatever charge reached the provider is in its books
        unheard = await fleet.let_a_day_pass()
        await fleet.settle(within=300)
        await fleet.eventually(
            "notification",
            "SELECT count(*) FROM notifications WHERE delivery_status = 'pending' AND type <> 'in_app'",
            0,
            within=300,  # whose attempt died is tried again after its lease
        )
    findings = [*await fleet.findings(), *await order_findings(fleet, street.told), *await mail_findings(fleet, office)]
    with capsys.disabled():
        print(
            f"\n{CHECKOUTS} checkouts in {shopped:.0f} s, settled after {time.monotonic() - started:.0f} s, seed {seed}"
        )
        print(f"answers: {dict(street.outcomes.most_common())}")
        print(f"kills: {wrecker.kills.total()}", *sorted(wrecker.kills.items()), sep="\n  ")
        print(*await numbers(fleet, office, wrecker), sep="\n")
        print(f"{unheard} charges never reached the provider and were asked after for a day")
        print("reconciliation:", *(findings or ["nothing to report"]), sep="\n  ", flush=True)
    assert findings == []
    await fleet.assert_conserved(street.stocks)
