"""Two workers never act on one checkout at the same time, however slow the siblings are (§5)."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.kernel.refusals import Unavailable
from subgraphs.kernel.service_client import PeerUnavailable, ServiceClient
from subgraphs.order.domain.checkout import LeaseLost
from subgraphs.order.peers import Siblings
from subgraphs.order.repository import sagas
from subgraphs.order.service import holding
from subgraphs.order.service.holding import Holding
from subgraphs.order.service.worker import work_once
from subgraphs.order.tables import DB as ORDER_DB
from subgraphs.payment.tables import DB as PAYMENT_DB
from subgraphs.product.service.stock import sweep
from subgraphs.product.tables import DB as PRODUCT_DB
from subgraphs.user.tables import DB as USER_DB
from tests.fixtures.clock import Clock
from tests.fixtures.databases import RoomDatabases
from tests.subgraphs.order.buying import buy, fill, wanted
from tests.subgraphs.order.conftest import Shop, add_product

LEASE, SLOW = 30.0, 14.0
"""By the database's clock, which the test moves on: three calls in a row outlast a lease, one leaves much of it."""


def siblings(shop: Shop) -> Siblings:
    return Siblings(shop.order.room.peers)


async def let_leases_end() -> None:
    await ORDER_DB.execute(
        "UPDATE checkout_sagas SET lease_until = now() - interval '1 s', next_run_at = now() "
        "WHERE next_run_at IS NOT NULL"
    )


async def paid_without_goods(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """A product whose only order is paid and whose hold ran out: its step takes four calls, two of them the same."""
    user, lamp = uuid4(), await add_product(stock=5)
    input = wanted(await fill(shop, user, lamp), "20.00")
    real = ServiceClient.execute

    async def away(self: ServiceClient, query: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        if "CommitReservation" in query:
            raise PeerUnavailable("gone")
        return await real(self, query, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(ServiceClient, "execute", away)
        assert (await buy(shop, user, input))["nextAction"]["kind"] == "WAIT"
    await PRODUCT_DB.execute("UPDATE stock_reservations SET expires_at = now() - interval '1 s'")
    assert await sweep() == 1
    await ORDER_DB.execute("UPDATE checkout_sagas SET next_run_at = now()")
    return lamp


@pytest.fixture
async def clock(room_database: RoomDatabases) -> Clock:
    """Of the order room's database; asked for before the shop."""
    moved = Clock(room_database("order"))
    await moved.set_up()
    return moved


async def test_two_workers_never_act_at_once_when_siblings_are_slow(
    clock: Clock, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lamp = await paid_without_goods(shop, monkeypatch)
    monkeypatch.setattr(sagas, "LEASE_SECONDS", LEASE)
    real = ServiceClient.execute
    calls: list[tuple[str, asyncio.Task[Any] | None]] = []
    acting = most = looks = 0
    looked = asyncio.Condition()

    async def slow(self: ServiceClient, query: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        nonlocal acting, most
        acting += 1
        most = max(most, acting)
        calls.append((query.split()[1].partition("(")[0], asyncio.current_task()))
        try:
            await clock.move_on(SLOW)
            before = looks
            async with looked:  # the other worker has begun and ended a look for work since, or has found some
                await looked.wait_for(lambda: acting > 1 or looks >= before + 2)
            if calls[-1][0] == "ReserveStock" and len(calls) == 2:
                raise PeerUnavailable("lost")  # asked again within the step
            return await real(self, query, *arguments, **options)
        finally:
            acting -= 1

    async def worker() -> None:
        nonlocal looks
        while await ORDER_DB.fetch_value("SELECT step NOT IN ('confirmed', 'failed') FROM checkout_sagas"):
            await work_once(siblings(shop))
            async with looked:
                looks += 1
                looked.notify_all()

    monkeypatch.setattr(ServiceClient, "execute", slow)
    async with asyncio.timeout(60):
        await asyncio.gather(worker(), worker())
    assert [name for name, _ in calls] == [
        "CommitReservation",
        "ReserveStock",
        "ReserveStock",
        "CommitReservation",
        "CaptureForOrder",
    ]
    assert (most, len({task for _, task in calls})) == (1, 1)
    assert await ORDER_DB.fetch_value("SELECT status FROM orders") == "confirmed"
    assert await shop.stock(lamp) == (4, 0)


async def test_who_lost_the_lease_during_a_call_makes_no_other(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await paid_without_goods(shop, monkeypatch)
    real = ServiceClient.execute
    frozen, thawed = asyncio.Event(), asyncio.Event()
    calls: list[asyncio.Task[Any] | None] = []

    async def freeze(self: ServiceClient, *arguments: Any, **options: Any) -> dict[str, Any]:
        calls.append(asyncio.current_task())
        answer = await real(self, *arguments, **options)
        if not frozen.is_set():
            frozen.set()
            await thawed.wait()
        return answer

    monkeypatch.setattr(ServiceClient, "execute", freeze)
    slow = asyncio.create_task(work_once(siblings(shop)))
    await frozen.wait()
    await let_leases_end()
    assert await work_once(siblings(shop)) == 1
    assert await ORDER_DB.fetch_value("SELECT status FROM orders") == "confirmed"
    made = len(calls)
    thawed.set()
    assert await slow == 1
    assert len(calls) == made
    assert calls.count(calls[0]) == 1
    assert await PAYMENT_DB.fetch_value("SELECT count(*) FROM payments WHERE status = 'completed'") == 1


async def test_every_call_of_a_checkout_begins_with_a_lease_of_its_own(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those before there is an order, those that are repeated, and those that take it back."""
    user, lamp = uuid4(), await add_product(stock=5)
    address = await USER_DB.fetch_value(
        """
        INSERT INTO user_addresses (user_id, address_type, street, city, state, zip_code, country)
        VALUES ($1, 'shipping', 'Main 1', 'Bonn', '', '53111', 'DE') RETURNING id
        """,
        user,
    )
    stored = {"shippingAddress": None, "shippingAddressId": str(address), "billingAddressId": str(address)}
    input = wanted(await fill(shop, user, lamp), "20.00", paymentToken="tok_refuse_capture", **stored)
    real = ServiceClient.execute
    calls: list[str] = []
    leases: list[datetime] = []

    async def watch(self: ServiceClient, query: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        calls.append(query.split()[1].partition("(")[0])
        leases.append(await ORDER_DB.fetch_value("SELECT lease_until FROM checkout_sagas"))
        answer = await real(self, query, *arguments, **options)
        if calls.count(calls[-1]) == 1 and calls[-1] in ("ReserveStock", "AuthorizePayment"):
            raise PeerUnavailable("lost")
        return answer

    monkeypatch.setattr(ServiceClient, "execute", watch)
    assert (await buy(shop, user, input))["order"]["status"] == "CANCELLED"
    assert calls == [
        *["AddressSnapshot"] * 2,
        *["ReserveStock"] * 2,
        *["AuthorizePayment"] * 2,
        "CommitReservation",
        "CaptureForOrder",
        "VoidForOrder",
        "ReleaseReservation",
    ]
    assert leases == sorted(set(leases))
    assert await shop.stock(lamp) == (5, 0)


async def test_no_call_is_made_on_a_lease_that_is_lost_or_came_too_late(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await paid_without_goods(shop, monkeypatch)
    [stale] = await sagas.take_due(1)
    calls: list[str] = []

    async def watch(self: ServiceClient, query: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        calls.append(query)
        return {}

    monkeypatch.setattr(ServiceClient, "execute", watch)
    current = await sagas.renew(stale)
    with pytest.raises(LeaseLost):
        await Holding(stale, siblings(shop)).siblings.release_reservation(stale.order_id, "late")
    monkeypatch.setattr(holding, "LEASE_SLACK_SECONDS", -1.0)  # any time is too long
    with pytest.raises(Unavailable):
        await Holding(current, siblings(shop)).siblings.release_reservation(stale.order_id, "slow")
    assert calls == []
