"""What happens in these tests, to whom, and what the room has written about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.kernel.consumer import apply_once
from subgraphs.kernel.events import Event
from subgraphs.notification.app import create_app
from subgraphs.notification.delivery import MAILS, TEXTS, deliver_due
from subgraphs.notification.events import HANDLERS
from subgraphs.notification.tables import DB
from tests.fixtures.rooms import RoomClient, StartRoom
from tests.subgraphs.notification.conftest import Gateway, PostOffice

ALICE = uuid4()


@dataclass
class Shop:
    """The notification room with all its channels."""

    client: RoomClient
    post: PostOffice
    gateway: Gateway

    async def happen(self, event: Event) -> None:
        """As the consumer would apply it."""
        await apply_once(self.client.room, "notification", event, HANDLERS[event.type])

    async def deliver(self) -> int:
        """Until nothing is due."""
        total = 0
        for line in (MAILS, TEXTS):
            while handled := await deliver_due(self.client.room, line):
                total += handled
        return total

    async def let_time_pass(self) -> None:
        await DB.execute("UPDATE notifications SET next_attempt_at = now() - interval '1 second'")


@pytest.fixture
async def shop(start_room: StartRoom, post_office: PostOffice, gateway: Gateway, redis_url: str) -> AsyncIterator[Shop]:
    variables = {**post_office.settings(), **gateway.settings("SMS"), **gateway.settings("PUSH")}
    async with start_room("notification", create_app, redis=redis_url, variables=variables) as client:
        yield Shop(client, post_office, gateway)


def told(event_type: str, user: UUID = ALICE, **facts: Any) -> Event:
    return Event(event_type, f"user:{user}", {"user_id": str(user), **facts})


def order(what: str, **facts: Any) -> Event:
    known = {"order_id": str(uuid4()), "order_number": "ORD-7", "total": "9.90", "currency": "EUR"}
    return told(f"order.{what}", **{**known, **facts})


def preferences(*, email: bool = True, sms: bool = False, push: bool = False) -> Event:
    return told("preferences.updated", email_notifications=email, sms_notifications=sms, push_notifications=push)


async def rows() -> list[tuple[str, str, int]]:
    """Channel, delivery and attempts of what was written."""
    found = await DB.fetch("SELECT type, delivery_status, attempts FROM notifications ORDER BY type")
    return [tuple(row) for row in found]


async def log() -> list[tuple[str, str | None, bool]]:
    found = await DB.fetch(
        "SELECT status, error_message, sent_at IS NOT NULL AS sent FROM notification_logs ORDER BY created_at, id"
    )
    return [tuple(row) for row in found]


async def registered(shop: Shop) -> None:
    await shop.happen(told("user.registered", email="ann@example.com", first_name="Ann", locale="en"))
    await DB.execute("DELETE FROM notifications")
