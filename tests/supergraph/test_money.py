"""Races and lies around money, with every service a process of its own: one charge, one refund, not a cent too many."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest

from subgraphs.payment.signatures import HEADER, sign
from tests.supergraph.fleet import Customer, Fleet
from tests.supergraph.sizes import CLICKS, REFUNDS, SILENT_SECONDS

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("fleet")]

REFUND = """mutation($payment: ID!, $amount: Decimal, $key: ID!) {
  refundPayment(paymentId: $payment, amount: $amount, reason: "Damaged", idempotencyKey: $key) {
    replayed payment { status refundedAmount { amount } }
    errors { code ... on RefundExceedsCapturedError { refundable { amount } } }
  }
}"""


@pytest.fixture
async def customer(fleet: Fleet) -> AsyncIterator[Customer]:
    fleet.revive()
    async with httpx.AsyncClient(timeout=30) as http:
        yield Customer(fleet, http)


async def _attempt(fleet: Fleet, user: UUID) -> Any:
    rows = await fleet.sql(
        "payment",
        "SELECT a.id, a.status, a.orphaned, p.status AS payment, p.captured_amount, p.refunded_amount "
        "FROM payment_attempts a JOIN payments p ON p.id = a.payment_id WHERE p.user_id = $1",
        user,
    )
    assert len(rows) == 1
    return rows[0]


async def test_fifty_clicks_with_one_key_are_one_order(fleet: Fleet, customer: Customer) -> None:
    lamp = await fleet.add_product(stock=5)
    input = customer.order_for(await customer.put(lamp), "20.00")
    answers = await asyncio.gather(*(customer.checkout(input) for _ in range(CLICKS)))
    outcomes = Counter(
        answer["errors"][0]["code"] if answer["errors"] else "replayed" if answer["replayed"] else "first"
        for answer in answers
    )
    assert set(outcomes) <= {"first", "replayed", "IN_PROGRESS"}
    again = await customer.checkout(input)
    assert (again["replayed"], again["order"]["status"]) == (True, "CONFIRMED")
    other = await customer.checkout({**input, "shippingAddress": {**input["shippingAddress"], "street": "Oak 7"}})
    assert other["errors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"
    fleet.kill("order")
    fleet.start("order")
    after = await customer.checkout(input)
    assert (after["replayed"], after["order"]["id"]) == (True, again["order"]["id"])
    await fleet.settle()
    assert await fleet.value("order", "SELECT count(*) FROM orders WHERE user_id = $1", customer.id) == 1
    assert (await _attempt(fleet, customer.id))["captured_amount"] == Decimal("25.99")
    await fleet.assert_conserved({lamp: 5})


async def test_a_silent_provider_is_charged_once_whatever_its_messages_do(fleet: Fleet, customer: Customer) -> None:
    """It hangs for longer than anybody waits, tells of the hold late and twice, and somebody forges its messages."""
    fleet.kill("provider")
    fleet.start(
        "provider", SIMULATOR_HANG_SECONDS=str(SILENT_SECONDS), SIMULATOR_COPIES="2", SIMULATOR_REVERSE_SECONDS="3"
    )
    lamp = await fleet.add_product(stock=5)
    input = customer.order_for(await customer.put(lamp), "20.00", paymentToken="tok_hang")
    payload = await customer.checkout(input)
    assert (payload["nextAction"], payload["order"]["status"]) == ({"kind": "WAIT"}, "PENDING")
    attempt = await _attempt(fleet, customer.id)
    forged = {
        "id": "evt_forged",
        "type": "payment_intent.succeeded",
        "data": {
            "object": {
                "id": "pi_forged",
                "status": "succeeded",
                "amount": 2599,
                "amount_received": 2599,
                "currency": "usd",
                "metadata": {"attempt_id": str(attempt["id"])},
            }
        },
    }
    body = orjson.dumps(forged)
    webhook = f"{fleet.url('payment')}/webhooks/simulator"
    secret = fleet.environ["PAYMENT_WEBHOOK_SECRET"]
    for signature in (sign(body, "whsec_guessed"), sign(body, secret, time.time() - 86_400), ""):
        answer = await customer.http.post(webhook, content=body, headers={HEADER: signature})
        assert answer.status_code == 401
    refused = await fleet.sql(
        "payment",
        "SELECT outcome, sum(times) FROM provider_messages WHERE event_id IS NULL GROUP BY 1 ORDER BY 1",
    )
    assert [tuple(row) for row in refused] == [("forged", 2), ("stale", 1)]
    assert (await _attempt(fleet, customer.id))["status"] == "processing"
    await fleet.eventually("order", "SELECT status FROM orders WHERE user_id = $1", "confirmed", customer.id)
    await fleet.settle()
    attempt = await _attempt(fleet, customer.id)
    assert (attempt["status"], attempt["payment"], attempt["captured_amount"]) == (
        "completed",
        "completed",
        Decimal("25.99"),
    )
    fleet.kill("provider")
    fleet.start("provider")
    await fleet.assert_conserved({lamp: 5})


async def test_money_that_comes_after_the_order_expired_goes_back_by_itself(fleet: Fleet, customer: Customer) -> None:
    fleet.kill("provider")
    fleet.start("provider", SIMULATOR_HANG_SECONDS="8")
    lamp = await fleet.add_product(stock=5)
    input = customer.order_for(await customer.put(lamp), "20.00", paymentToken="tok_late_capture")
    payload = await customer.checkout(input)
    assert payload["nextAction"] == {"kind": "WAIT"}
    await fleet.sql(
        "order", "UPDATE checkout_sagas SET expires_at = now(), next_run_at = now() WHERE user_id = $1", customer.id
    )
    await fleet.eventually("order", "SELECT status FROM orders WHERE user_id = $1", "cancelled", customer.id)
    await fleet.eventually("payment", "SELECT status FROM payments WHERE user_id = $1", "refunded", customer.id)
    await fleet.settle()
    attempt = await _attempt(fleet, customer.id)
    assert attempt["orphaned"]
    assert attempt["captured_amount"] == attempt["refunded_amount"] == Decimal("25.99")
    told = await fleet.sql(
        "notification", "SELECT title FROM notifications WHERE user_id = $1 AND type = 'in_app' ORDER BY 1", customer.id
    )
    assert [row["title"] for row in told if "efund" in row["title"]] == ["Refund issued"]
    fleet.kill("provider")
    fleet.start("provider")
    await fleet.assert_conserved({lamp: 5})


async def test_parallel_refunds_give_back_what_was_taken_and_no_more(fleet: Fleet, customer: Customer) -> None:
    lamp = await fleet.add_product(stock=5, price="100.00")
    assert (await customer.checkout(customer.order_for(await customer.put(lamp), "100.00")))["errors"] == []

    async def refund(amount: str, key: str) -> dict[str, Any]:
        return await _refund(fleet, customer, amount, key)

    answers = await asyncio.gather(*(refund("30.00", str(n)) for n in range(REFUNDS)))
    outcomes = Counter(answer["errors"][0]["code"] if answer["errors"] else "refunded" for answer in answers)
    assert outcomes == {"refunded": 3, "REFUND_EXCEEDS_CAPTURED": 7}
    beyond = await refund("10.01", "beyond")
    assert beyond["errors"] == [{"code": "REFUND_EXCEEDS_CAPTURED", "refundable": {"amount": "10.00"}}]
    rest = [await refund("10.00", "rest") for _ in range(2)]
    assert [answer["replayed"] for answer in rest] == [False, True]
    assert {answer["payment"]["status"] for answer in rest} == {"REFUNDED"}
    await fleet.settle()
    assert await fleet.findings() == []
    await _leave_lawful(fleet, customer, lamp)


async def test_a_promised_refund_is_given_once_although_the_service_dies_over_it(
    fleet: Fleet, customer: Customer
) -> None:
    lamp = await fleet.add_product(stock=5, price="100.00")
    assert (await customer.checkout(customer.order_for(await customer.put(lamp), "100.00")))["errors"] == []
    fleet.kill("payment")
    fleet.start("payment", fault="refund.promised")
    with pytest.raises(httpx.TransportError):
        await _refund(fleet, customer, "100.00", "all")
    assert await asyncio.to_thread(fleet.running["payment"].wait, 10)
    assert fleet.died("payment")
    fleet.start("payment")
    await fleet.let_leases_end()
    await fleet.eventually("payment", "SELECT status FROM payments WHERE user_id = $1", "refunded", customer.id)
    again = await _refund(fleet, customer, "100.00", "all")
    assert (again["errors"], again["replayed"], again["payment"]["status"]) == ([], True, "REFUNDED")
    await fleet.settle()
    assert await fleet.findings() == []
    await _leave_lawful(fleet, customer, lamp)


async def _refund(fleet: Fleet, customer: Customer, amount: str, key: str) -> dict[str, Any]:
    """What staff get for refunding a part of the customer's only payment."""
    payment = await fleet.value("payment", "SELECT id FROM payments WHERE user_id = $1", customer.id)
    headers = {"authorization": fleet.identities.user(UUID(int=7), scopes=("payments:refund", "payments:read"))}
    body = {"query": REFUND, "variables": {"payment": str(payment), "amount": amount, "key": f"{payment}:{key}"}}
    answer = (await customer.http.post(f"{fleet.url('payment')}/graphql", json=body, headers=headers)).json()
    payload: dict[str, Any] = answer["data"]["refundPayment"]
    return payload


async def _leave_lawful(fleet: Fleet, customer: Customer, lamp: UUID) -> None:
    """What staff refunded is not a cancelled order: keep the law of money for the tests that follow."""
    await fleet.sql("order", "UPDATE orders SET status = 'cancelled' WHERE user_id = $1", customer.id)
    await fleet.sql("product", "UPDATE stock_reservations SET status = 'released' WHERE product_id = $1", lamp)
