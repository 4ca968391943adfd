"""The worker: whatever a run left open at whichever step is carried to an end, once, by however many workers."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from subgraphs.kernel.service_client import PeerUnavailable, ServiceClient
from subgraphs.order.domain.checkout import LeaseLost, SagaStep
from subgraphs.order.peers import Siblings
from subgraphs.order.repository import sagas
from subgraphs.order.service.worker import work_once
from subgraphs.order.tables import DB as ORDER_DB
from subgraphs.payment.http_provider import HttpProvider
from subgraphs.payment.provider import ProviderUnavailable
from subgraphs.payment.tables import DB as PAYMENT_DB
from subgraphs.product.service.stock import sweep
from subgraphs.product.tables import DB as PRODUCT_DB
from tests.subgraphs.order.buying import RETRY, buy, events, fill, wanted
from tests.subgraphs.order.conftest import Shop, add_product

CALLS = ("ReserveStock", "AuthorizePayment", "CommitReservation", "CaptureForOrder")


def siblings(shop: Shop) -> Siblings:
    return Siblings(shop.order.room.peers)


async def saga() -> tuple[Any, ...]:
    return tuple(await ORDER_DB.fetch_row("SELECT step, error, next_run_at, lease_until, source FROM checkout_sagas"))


async def let_leases_end() -> None:
    await ORDER_DB.execute(
        "UPDATE checkout_sagas SET lease_until = now() - interval '1 s', next_run_at = now() "
        "WHERE next_run_at IS NOT NULL"
    )


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("call", CALLS)
async def test_a_run_that_dies_around_any_call_is_finished_by_the_worker(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, call: str, before: bool
) -> None:
    user, lamp = uuid4(), await add_product(stock=5)
    input = wanted(await fill(shop, user, lamp), "20.00")
    real = ServiceClient.execute

    async def die(self: ServiceClient, query: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        if call in query and before:
            raise asyncio.CancelledError
        answer = await real(self, query, *arguments, **options)
        if call in query:
            raise asyncio.CancelledError
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(ServiceClient, "execute", die)
        with pytest.raises(asyncio.CancelledError):
            await buy(shop, user, input)
    assert await work_once(siblings(shop)) == 0  # its lease is still running
    await let_leases_end()
    worked = await asyncio.gather(*(work_once(siblings(shop)) for _ in range(3)))
    assert sorted(worked) == [0, 0, 1]
    if call == "ReserveStock":  # there was no order yet: all is as before
        assert (await saga())[:2] == ("failed", "abandoned")
        assert await shop.stock(lamp) == (5, 0)
        assert await ORDER_DB.fetch_value("SELECT count(*) FROM orders") == 0
        again = await buy(shop, user, input)
        assert (again["replayed"], again["order"]["status"]) == (False, "CONFIRMED")
        return
    assert await saga() == ("confirmed", None, None, None, None)
    assert await ORDER_DB.fetch_value("SELECT status FROM orders") == "confirmed"
    assert await shop.stock(lamp) == (4, 0)
    assert await PAYMENT_DB.fetch_value("SELECT sum(captured_amount) FROM payments") == Decimal("25.99")
    assert await PAYMENT_DB.fetch_value("SELECT count(*) FROM payment_attempts") == 1
    assert [name for name, _ in await events(ORDER_DB)] == ["order.created", "order.confirmed"]
    again = await buy(shop, user, input)
    assert (again["replayed"], again["order"]["status"], again["errors"]) == (True, "CONFIRMED", [])


async def test_a_payment_in_doubt_is_asked_for_until_it_is_known(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    user, lamp = uuid4(), await add_product(stock=5)
    input = wanted(await fill(shop, user, lamp), "20.00")

    async def silent(self: HttpProvider, *arguments: Any) -> Any:
        raise ProviderUnavailable("silent")

    with monkeypatch.context() as patch:
        patch.setattr(HttpProvider, "authorize", silent)
        payload = await buy(shop, user, input)
        assert (payload["nextAction"], payload["order"]["status"]) == ({"kind": "WAIT", "url": None}, "PENDING")
        await let_leases_end()
        assert await work_once(siblings(shop)) == 1
        assert await ORDER_DB.fetch_value("SELECT failures FROM checkout_sagas") == 2
    await let_leases_end()
    assert await work_once(siblings(shop)) == 1
    assert (await saga())[0] == "confirmed"
    again = await buy(shop, user, input)
    assert (again["replayed"], again["nextAction"], again["order"]["status"]) == (True, None, "CONFIRMED")


@pytest.mark.parametrize("token", ["tok_declined", "tok_requires_action"])
async def test_an_order_that_nobody_pays_is_given_up_at_the_end_of_its_hold(shop: Shop, token: str) -> None:
    user, lamp = uuid4(), await add_product(stock=5)
    input = wanted(await fill(shop, user, lamp), "20.00", paymentToken=token)
    order = (await buy(shop, user, input))["order"]["id"]
    await ORDER_DB.execute("UPDATE checkout_sagas SET expires_at = now(), next_run_at = now()")
    assert await work_once(siblings(shop)) == 1
    row = await ORDER_DB.fetch_row("SELECT status, cancel_reason FROM orders")
    assert tuple(row) == ("cancelled", "payment_expired")
    assert await shop.stock(lamp) == (5, 0)
    assert [name for name, _ in await events(ORDER_DB)] == ["order.created", "order.cancelled"]
    assert await PAYMENT_DB.fetch_value("SELECT status FROM payments") == "voided"
    late = await shop.order.query(RETRY, {"order": order, "token": "tok_visa", "key": "late"}, as_user=user)
    assert late["retryPayment"]["errors"][0]["code"] == "NOT_AWAITING_PAYMENT"
    again = await buy(shop, user, input)
    assert (again["replayed"], again["order"]["status"]) == (True, "CANCELLED")


@pytest.mark.parametrize("sold_out", [False, True])
async def test_a_hold_that_ran_out_is_taken_again_or_all_is_given_back(shop: Shop, sold_out: bool) -> None:
    user, lamp = uuid4(), await add_product(stock=1)
    input = wanted(await fill(shop, user, lamp), "20.00", paymentToken="tok_declined")
    order = (await buy(shop, user, input))["order"]["id"]
    await PRODUCT_DB.execute("UPDATE stock_reservations SET expires_at = now() - interval '1 s'")
    assert await sweep() == 1
    if sold_out:
        await PRODUCT_DB.execute("UPDATE products SET stock = 0")
    paid = await shop.order.query(RETRY, {"order": order, "token": "tok_visa", "key": "k"}, as_user=user)
    assert paid["retryPayment"]["order"]["status"] == ("CANCELLED" if sold_out else "CONFIRMED")
    assert await shop.stock(lamp) == (0, 0)
    assert await PAYMENT_DB.fetch_value("SELECT status FROM payments") == ("voided" if sold_out else "completed")


async def test_a_refused_capture_takes_the_order_back(shop: Shop) -> None:
    user, lamp = uuid4(), await add_product(stock=5)
    payload = await buy(shop, user, wanted(await fill(shop, user, lamp), "20.00", paymentToken="tok_refuse_capture"))
    assert (payload["order"]["status"], payload["errors"][0]["declineCode"]) == ("CANCELLED", "capture_refused")
    assert await shop.stock(lamp) == (5, 0)
    assert await PAYMENT_DB.fetch_value("SELECT status FROM payments") == "voided"


async def test_who_lost_the_lease_changes_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was frozen for longer than its lease wakes up after a worker has finished its work."""
    user, lamp = uuid4(), await add_product(stock=5)
    input = wanted(await fill(shop, user, lamp), "20.00")
    real = ServiceClient.execute
    frozen, thawed = asyncio.Event(), asyncio.Event()

    async def freeze(self: ServiceClient, query: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        answer = await real(self, query, *arguments, **options)
        if "AuthorizePayment" in query and not frozen.is_set():
            frozen.set()
            await thawed.wait()
        return answer

    monkeypatch.setattr(ServiceClient, "execute", freeze)
    slow = asyncio.create_task(buy(shop, user, input))
    await frozen.wait()
    stale = (await sagas.sagas_by_order([await ORDER_DB.fetch_value("SELECT id FROM orders")])).popitem()[1]
    await let_leases_end()
    assert await work_once(siblings(shop)) == 1
    before = await saga()
    thawed.set()
    assert (await slow)["errors"][0]["code"] == "IN_PROGRESS"
    assert await saga() == before
    with pytest.raises(LeaseLost):
        await sagas.advance(stale, SagaStep.FAILED)
    assert await shop.stock(lamp) == (4, 0)
    assert (await buy(shop, user, input))["order"]["status"] == "CONFIRMED"


async def test_an_absent_sibling_is_asked_again_ever_later(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    user, lamp = uuid4(), await add_product(stock=5)
    input = wanted(await fill(shop, user, lamp), "20.00")
    real = ServiceClient.execute

    async def away(self: ServiceClient, query: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        if "CaptureForOrder" in query:
            raise PeerUnavailable("gone")
        return await real(self, query, *arguments, **options)

    pauses = []
    with monkeypatch.context() as patch:
        patch.setattr(ServiceClient, "execute", away)
        assert (await buy(shop, user, input))["nextAction"]["kind"] == "WAIT"
        for _ in range(4):
            pauses.append(
                await ORDER_DB.fetch_value("SELECT extract(epoch FROM next_run_at - updated_at) FROM checkout_sagas")
            )
            await let_leases_end()
            await work_once(siblings(shop))
    assert pauses == sorted(pauses)
    assert pauses[-1] > pauses[0]
    await let_leases_end()
    await work_once(siblings(shop))
    assert (await saga())[0] == "confirmed"
    assert await shop.stock(lamp) == (4, 0)
