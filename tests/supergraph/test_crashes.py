"""A process is killed at each step of a checkout and of a cancellation: nothing is lost, doubled or left hanging.

The services are separate processes, the kill is SIGKILL at a named fault point, and afterwards orders, money, goods,
notifications and the provider's books have to agree to the last cent and unit.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.supergraph.fleet import ROOT, Customer, Fleet
from tests.supergraph.wrecker import COMMON, ELSEWHERE, RARE

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("fleet")]

CANCEL = "mutation($id: ID!) { cancelOrder(id: $id) { order { status checkoutState } errors { code } } }"

CHECKOUT_POINTS = [
    ("order", "checkout.reserved"),
    ("order", "checkout.created"),
    ("order", "checkout.captured_unrecorded"),
    ("product", "stock.reserved"),
    ("payment", "payment.authorized_unrecorded"),
    ("payment", "payment.captured_unrecorded"),
    ("notification", "consumer.applied"),
]
CANCEL_POINTS = [("order", "checkout.voided")]
if "STOA_LONG" in os.environ:  # `make chaos`: every point there is
    CHECKOUT_POINTS += [
        ("order", "checkout.claimed"),
        ("order", "checkout.created_uncommitted"),
        ("order", "checkout.authorized_unrecorded"),
        ("order", "checkout.committed_unrecorded"),
        ("order", "checkout.confirmed_uncommitted"),
        ("order", "checkout.confirmed"),
        ("order", "outbox.added:2"),  # what a new relay repeats comes first
        ("product", "stock.committed"),
        ("payment", "payment.attempt_written"),
        ("payment", "outbox.added:2"),
        ("notification", "consumer.uncommitted"),
    ]
    CANCEL_POINTS += [("order", "checkout.released"), ("payment", "refund.unrecorded")]


@pytest.fixture
async def customer(fleet: Fleet) -> AsyncIterator[Customer]:
    fleet.revive()
    async with httpx.AsyncClient(timeout=20) as http:
        yield Customer(fleet, http)


async def _dies(fleet: Fleet, room: str) -> None:
    deadline = time.monotonic() + 30
    while not fleet.died(room):
        assert time.monotonic() < deadline, f"{room} never came to its fault point"
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(("room", "point"), CHECKOUT_POINTS)
async def test_a_checkout_survives(fleet: Fleet, customer: Customer, room: str, point: str) -> None:
    lamp = await fleet.add_product(stock=5)
    input = customer.order_for(await customer.put(lamp, 2), "40.00")
    fleet.kill(room)
    fleet.start(room, fault=point)
    try:
        await customer.checkout(input)
    except httpx.TransportError:
        assert room == "order"
    await _dies(fleet, room)
    await fleet.let_leases_end()
    fleet.start(room)
    await fleet.let_idle_entries_age()
    payload = await customer.until_answered(input)
    assert (payload["errors"], payload["order"]["status"]) == ([], "CONFIRMED")
    await fleet.settle()
    assert await fleet.value("order", "SELECT count(*) FROM orders WHERE user_id = $1", customer.id) == 1
    assert await fleet.value("payment", "SELECT count(*) FROM payments WHERE user_id = $1", customer.id) == 1
    assert await fleet.sold(lamp) == 2
    await fleet.assert_conserved({lamp: 5})


@pytest.mark.parametrize(("room", "point"), CANCEL_POINTS)
async def test_a_cancellation_survives(fleet: Fleet, customer: Customer, room: str, point: str) -> None:
    lamp = await fleet.add_product(stock=5)
    order = (await customer.checkout(customer.order_for(await customer.put(lamp, 2), "40.00")))["order"]
    assert order["status"] == "CONFIRMED"
    fleet.kill(room)
    fleet.start(room, fault=point)
    try:
        await customer.send(CANCEL, {"id": order["id"]})
    except httpx.TransportError:
        assert room == "order"
    await _dies(fleet, room)
    await fleet.let_leases_end()
    fleet.start(room)
    await fleet.settle()
    status = await fleet.value("order", "SELECT status FROM orders WHERE user_id = $1", customer.id)
    refunds = await fleet.value(
        "payment",
        "SELECT count(*) FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE p.user_id = $1",
        customer.id,
    )
    assert (status, refunds, await fleet.sold(lamp)) == ("cancelled", 1, 0)
    await fleet.assert_conserved({lamp: 5})


def test_every_point_there_is_is_died_at_in_chaos() -> None:
    """``make chaos`` draws from lists; a point that is new in the services has to be added to them."""
    named = {
        name
        for file in (ROOT / "subgraphs").rglob("*.py")
        for name in re.findall(r'^ +fault_point\("([^"]+)"\)', file.read_text(), re.MULTILINE)
    }
    assert named == {name for points in (COMMON, RARE) for names in points.values() for name in names} | ELSEWHERE
