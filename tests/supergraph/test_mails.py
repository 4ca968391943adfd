"""Mails of a shop of processes: one that is not recorded comes again and can be told; guests are written to as well."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from uuid import uuid4

import httpx
import pytest

from tests.supergraph.fleet import Customer, Fleet
from tests.supergraph.mails import post_office
from tests.supergraph.test_money import _leave_lawful

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("fleet")]

_LOGS = """
SELECT array_agg(l.status::text)
FROM notification_logs l JOIN notifications n ON n.id = l.notification_id WHERE n.user_id = $1
"""


async def test_a_mail_that_was_taken_and_not_recorded_comes_again_under_its_message_id(fleet: Fleet) -> None:
    fleet.revive()
    lamp = await fleet.add_product(stock=5)
    with post_office() as office:
        async with httpx.AsyncClient(timeout=20) as http:
            customer = Customer(fleet, http)
            await fleet.sql(
                "notification",
                "INSERT INTO recipients (user_id, email, email_notifications) VALUES ($1, 'ada@example.com', true)",
                customer.id,
            )
            fleet.kill("notification")
            fleet.start("notification", fault="delivery.sent_unrecorded", **office.settings())
            await customer.until_answered(customer.order_for(await customer.put(lamp), "20.00"))
        deadline = time.monotonic() + 30
        while not fleet.died("notification"):
            assert time.monotonic() < deadline, "no mail was sent"
            await asyncio.sleep(0.05)
        assert office.taken.total() >= 1
        fleet.start("notification", **office.settings())
        await fleet.let_idle_entries_age()
        await fleet.sql(
            "notification", "UPDATE notifications SET next_attempt_at = now() WHERE user_id = $1", customer.id
        )
        waiting = "SELECT count(*) FROM notifications WHERE delivery_status = 'pending' AND type = 'email'"
        await fleet.settle()
        await fleet.eventually("notification", waiting, 0)
        fleet.kill("notification")
        fleet.start("notification")  # for later tests, which have no mail server
    mails = await fleet.sql(
        "notification", "SELECT id FROM notifications WHERE type = 'email' AND user_id = $1", customer.id
    )
    assert len(mails) == 2  # confirmed, and paid
    assert set(office.taken) == {row["id"] for row in mails}
    logs = Counter(await fleet.value("notification", _LOGS, customer.id))
    assert logs["sent"] == 2
    assert logs["pending"] >= office.taken.total() - 2 >= 1


_REFUND = """mutation($payment: ID!, $key: ID!) {
  refundPayment(paymentId: $payment, reason: "Damaged", idempotencyKey: $key) { payment { status } errors { code } }
}"""


async def test_a_guest_is_mailed_about_the_order_and_its_money(fleet: Fleet) -> None:
    fleet.revive()
    lamp = await fleet.add_product(stock=5)
    address = f"guest-{uuid4().hex}@example.com"
    with post_office() as office:
        fleet.kill("notification")
        fleet.start("notification", **office.settings())
        async with httpx.AsyncClient(timeout=20) as http:
            guest = Customer(fleet, http)
            guest.token = fleet.identities.user(guest.id, kind="guest")
            placed = await guest.until_answered(guest.order_for(await guest.put(lamp), "20.00", email=address))
            assert placed["order"]["status"] == "CONFIRMED"
            payment = await fleet.value("payment", "SELECT id FROM payments WHERE user_id = $1", guest.id)
            staff = Customer(fleet, http, token=fleet.identities.user(uuid4(), scopes=["payments:refund"]))
            variables = {"payment": str(payment), "key": uuid4().hex}
            answer = await staff.send(_REFUND, variables, room="payment")
            assert answer["data"]["refundPayment"]["errors"] == []
        sent = "SELECT count(*) FROM notifications WHERE user_id = $1 AND type = 'email' AND delivery_status = 'sent'"
        await fleet.eventually("notification", sent, 3, guest.id)
        fleet.kill("notification")
        fleet.start("notification")  # for later tests, which have no mail server
    number = await fleet.value("order", "SELECT order_number FROM orders WHERE user_id = $1", guest.id)
    assert sorted(office.subjects[address]) == ["Order " + number + " confirmed", "Payment received", "Refund issued"]
    await _leave_lawful(fleet, guest, lamp)
    letters = "SELECT count(*) FROM dead_letters WHERE event -> 'payload' ->> 'user_id' = $1"
    assert await fleet.value("notification", letters, str(guest.id)) == 0
