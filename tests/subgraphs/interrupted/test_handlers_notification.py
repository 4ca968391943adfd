"""What notification does about events, interrupted at every call: one message per event, reader and channel (S-111)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.auth.erasure import OTHERS
from subgraphs.notification import app as notification_app
from subgraphs.notification.announcements import ANNOUNCEMENTS
from subgraphs.notification.channels import Channels, Outgoing
from subgraphs.notification.domain import Channel
from subgraphs.notification.tables import DB
from tests.fixtures.rooms import StartRoom
from tests.subgraphs.interrupted.handling import try_handlers
from tests.subgraphs.interrupted.stepping import Step

pytestmark = pytest.mark.usefixtures("breakable_stores")

FACTS: dict[str, Any] = {
    "order_number": "ORD-7",
    "total": "49.90",
    "amount": "49.90",
    "currency": "EUR",
    "tracking_number": "T-1",
    "email": "new@example.com",
    "former_email": "old@example.com",
    "first_name": "Ada",
    "locale": "en",
    "role": "SUPPORT",
    "reason": "r",
    "name": "Lamp",
    "sku": "L-1",
    "stock": 2,
    "email_notifications": True,
    "sms_notifications": True,
    "push_notifications": True,
    "language": "en",
    "contact_email": "guest@example.com",
    "phone_number": "+442079460958",
    "pending": list(OTHERS),
}
"""What any event tells; who hears it reads what is about the event."""
IDS = ("user_id", "order_id", "payment_id", "refund_id", "token_id", "product_id")
TWICE = """
    SELECT count(*) FROM (
        SELECT 1 FROM notifications GROUP BY event_id, user_id, type HAVING count(*) > 1
    ) AS repeated
"""


class Nowhere:
    """A channel that exists."""

    async def send(self, outgoing: Outgoing, handing_over: Callable[[], Awaitable[None]]) -> None:
        raise AssertionError("no handler sends anything")

    async def aclose(self) -> None:
        """Nothing is held open."""


async def somebody_with_everything() -> dict[str, Any]:
    """They are told over every channel, and have been told of something before."""
    facts = FACTS | {name: str(uuid4()) for name in IDS}
    await DB.execute(
        "INSERT INTO recipients (user_id, email, phone, email_notifications, sms_notifications, push_notifications) "
        "VALUES ($1, 'a@example.com', '+15550100', true, true, true)",
        UUID(facts["user_id"]),
    )
    told = await DB.fetch_value(
        "INSERT INTO notifications (user_id, type, category, title, message) "
        "VALUES ($1, 'in_app', 'order_update', 't', 'm') RETURNING id",
        UUID(facts["user_id"]),
    )
    await DB.execute("INSERT INTO notification_logs (notification_id, status) VALUES ($1, 'pending')", told)
    await DB.execute(
        "INSERT INTO order_contacts (order_id, user_id, email) VALUES ($1, $2, 'b@example.com')",
        uuid4(),
        UUID(facts["user_id"]),
    )
    return facts


async def a_keeper_of_stock() -> dict[str, Any]:
    """The only one."""
    await DB.execute("UPDATE recipients SET role = 'CUSTOMER' WHERE role <> 'CUSTOMER'")
    facts = await somebody_with_everything()
    await DB.execute("UPDATE recipients SET role = 'ADMIN' WHERE user_id = $1", UUID(facts["user_id"]))
    return facts


async def test_notification(start_room: StartRoom, redis_url: str, step: Step) -> None:
    async with start_room("notification", notification_app.create_app, redis=redis_url) as client:
        client.room.resources = Channels({channel: Nowhere() for channel in Channel if channel is not Channel.IN_APP})
        happenings = {
            (item.service, item.type): [
                a_keeper_of_stock
                if item.type in ANNOUNCEMENTS and ANNOUNCEMENTS[item.type].staff
                else somebody_with_everything
            ]
            for item in notification_app.ROOM.listens
        }
        await try_handlers(client, step, happenings)
        assert await DB.fetch_value(TWICE) == 0
