"""A process dies between the mail server's yes and its record: the mail comes again, and everybody can tell that."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import httpx
import pytest

from tests.supergraph.fleet import Customer, Fleet
from tests.supergraph.mails import post_office

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
