"""Who has no account is written to at the address of the order, whichever service is heard of first (shop.md §5)."""

from __future__ import annotations

import random
import runpy
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.kernel.events import Event
from subgraphs.kernel.upkeep import tidy
from subgraphs.notification.channels import MAX_ATTEMPTS
from subgraphs.notification.repository.deliveries import NO_ADDRESS
from subgraphs.notification.tables import DB
from subgraphs.notification.upkeep import UPKEEP
from tests.subgraphs.notification.conftest import PostOffice
from tests.subgraphs.notification.telling import Shop, preferences, shop

__all__ = ["shop"]

_MIGRATION = Path(__file__).parents[3] / "migrations/notification/notification_0016_create_order_contacts.py"
GUEST, ORDER = uuid4(), uuid4()
EMAIL = "guest@example.com"


def told(event_type: str, user: UUID = GUEST, **changes: Any) -> Event:
    """What order or payment tells of the order."""
    facts = {"user_id": str(user), "order_id": str(ORDER), "currency": "EUR"}
    if event_type.startswith("order."):
        facts |= {"order_number": "ORD-7", "total": "9.90", "contact_email": EMAIL}
    else:
        facts |= {"payment_id": str(uuid4()), "amount": "9.90"}
    return Event(event_type, f"order:{ORDER}", {**facts, **changes})


def recipients(post: PostOffice) -> list[str]:
    return [str(mail["To"]) for mail in post.mails]


async def letters() -> int:
    return int(await DB.fetch_value("SELECT count(*) FROM dead_letters"))


@pytest.mark.parametrize("seed", range(12))
async def test_each_mail_comes_once_in_whatever_order_the_services_are_heard(shop: Shop, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test that can be repeated, not a secret
    names = ("order.created", "payment.completed", "order.confirmed", "payment.refunded", "payment.failed")
    events = [told(name) for name in names]
    told_often = [event for event in events for _ in range(chance.randint(1, 3))]
    chance.shuffle(told_often)
    for event in told_often:
        await shop.happen(event)
        if chance.random() < 0.5:
            await shop.deliver()
    for _ in range(MAX_ATTEMPTS):
        await shop.let_time_pass()
        await shop.deliver()
    mailed = await DB.fetch("SELECT event_id FROM notifications WHERE type = 'email' AND delivery_status = 'sent'")
    assert Counter(row["event_id"] for row in mailed) == Counter(event.event_id for event in events[1:])
    assert recipients(shop.post) == [EMAIL] * 4
    assert len({mail["Message-ID"] for mail in shop.post.mails}) == 4
    assert await letters() == 0


async def test_a_payment_that_was_given_up_is_mailed_once_its_order_is_known(shop: Shop) -> None:
    """order may be away for longer than a mail is tried: nothing is lost, and nothing else is sent again."""
    await shop.happen(told("payment.completed"))
    other = told("payment.completed", uuid4(), order_id=str(uuid4()))
    await shop.happen(other)
    for _ in range(MAX_ATTEMPTS):
        await shop.deliver()
        await shop.let_time_pass()
    assert recipients(shop.post) == []
    errors = await DB.fetch("SELECT error FROM dead_letters")
    assert [row["error"] for row in errors] == [NO_ADDRESS] * 2
    await shop.happen(told("order.created"))
    await shop.deliver()
    assert recipients(shop.post) == [EMAIL]
    assert await DB.fetch_value("SELECT event -> 'payload' ->> 'user_id' FROM dead_letters") == other.payload["user_id"]
    await shop.happen(told("order.created"))
    await shop.deliver()
    assert recipients(shop.post) == [EMAIL]


async def test_a_refused_mail_stays_dead_when_its_order_is_told(shop: Shop) -> None:
    shop.post.refused[EMAIL] = "550 no such user"
    await shop.happen(told("order.created"))
    await shop.happen(told("payment.completed"))
    await shop.deliver()
    shop.post.refused.clear()
    await shop.happen(told("order.confirmed"))
    await shop.deliver()
    assert [mail["Subject"] for mail in shop.post.mails] == ["Order ORD-7 confirmed"]
    assert await letters() == 1


async def test_who_asked_for_no_mail_gets_none(shop: Shop) -> None:
    await shop.happen(preferences(email=False))
    buyer = preferences().payload["user_id"]
    await shop.happen(told("order.created", UUID(buyer)))
    await shop.happen(told("payment.completed", UUID(buyer)))
    await shop.deliver()
    assert shop.post.mails == []


async def test_an_address_is_for_the_buyer_of_its_order_alone(shop: Shop) -> None:
    await shop.happen(told("order.created"))
    await shop.happen(told("payment.completed", uuid4()))
    await shop.deliver()
    assert shop.post.mails == []


async def test_the_address_goes_with_the_account_and_stays_away(shop: Shop) -> None:
    await shop.happen(told("order.created"))
    await shop.happen(told("order.created", uuid4(), order_id=str(uuid4()), contact_email="other@example.com"))
    await shop.happen(Event("user.erased", f"user:{GUEST}", {"user_id": str(GUEST)}))
    await shop.happen(told("order.confirmed"))
    await shop.happen(told("payment.refunded"))
    await shop.deliver()
    assert shop.post.mails == []
    kept = await DB.fetch("SELECT email FROM order_contacts")
    assert [row["email"] for row in kept] == ["other@example.com"]


async def test_the_address_is_kept_for_two_years(shop: Shop) -> None:
    await shop.happen(told("order.created"))
    now = datetime.now(UTC)
    await tidy(DB, UPKEEP, now + timedelta(days=729))
    assert await DB.fetch_value("SELECT count(*) FROM order_contacts") == 1
    await tidy(DB, UPKEEP, now + timedelta(days=731))
    assert await DB.fetch_value("SELECT count(*) FROM order_contacts") == 0


async def test_orders_from_before_are_known_by_what_was_mailed_about_them(shop: Shop) -> None:
    await DB.execute(
        """
        INSERT INTO notifications (user_id, type, category, title, message, order_id, address, created_at)
        VALUES ($1, 'email', 'order_update', 't', 'm', $2, 'first@example.com', now() - interval '1 hour'),
               ($1, 'email', 'order_update', 't', 'm', $2, $3, now()),
               ($1, 'email', 'account', 't', 'm', NULL, 'former@example.com', now()),
               ($1, 'in_app', 'order_update', 't', 'm', $4, NULL, now())
        """,
        GUEST,
        ORDER,
        EMAIL,
        uuid4(),
    )
    migration = runpy.run_path(str(_MIGRATION))
    for statement in (*migration["BACKWARDS"], *migration["FORWARDS"]):
        await DB.execute(statement)
    found = await DB.fetch("SELECT order_id, user_id, email FROM order_contacts")
    assert [tuple(row) for row in found] == [(ORDER, GUEST, EMAIL)]
