"""Events become notifications exactly once, through real streams; what cannot be told becomes a dead letter."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from subgraphs.kernel.consumer import Consumer
from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.events import Event, Listens, stream_name
from subgraphs.kernel.metrics import RoomMetrics
from subgraphs.kernel.refusals import Unavailable
from subgraphs.notification.app import create_app
from subgraphs.notification.events import LISTENS
from subgraphs.notification.tables import DB
from tests.fixtures.rooms import RoomClient, StartRoom

ALICE = uuid4()


@pytest.fixture
async def client(start_room: StartRoom, redis_url: str) -> AsyncIterator[RoomClient]:
    async with start_room("notification", create_app, redis=redis_url) as started:
        yield started


@pytest.fixture
async def consumer(client: RoomClient, monkeypatch: pytest.MonkeyPatch) -> Consumer:
    monkeypatch.setattr("subgraphs.kernel.consumer._RETRY_PAUSE_SECONDS", 0)
    made = Consumer(client.room, LISTENS, RoomMetrics("notification"))
    await made.create_groups()
    return made


async def emit(client: RoomClient, *events: Event) -> None:
    redis: Any = client.room.redis
    service = {"user": "auth", "preferences": "user"}
    for event in events:
        subject = event.type.partition(".")[0]
        await redis.xadd(stream_name(service.get(subject, subject)), {"event": orjson.dumps(event.to_json())})


def registered(**changes: Any) -> Event:
    payload = {"user_id": str(ALICE), "email": "a@x.io", "first_name": "Ann", "last_name": "Lee", "locale": "en"}
    return Event("user.registered", f"user:{ALICE}", {**payload, **changes})


def confirmed(**changes: Any) -> Event:
    order = str(uuid4())
    payload = {"user_id": str(ALICE), "order_id": order, "order_number": "ORD-7", "total": "49.90", "currency": "EUR"}
    return Event("order.confirmed", f"order:{order}", {**payload, **changes})


async def step(consumer: Consumer) -> None:
    while await consumer.step():
        pass


async def inbox() -> list[Any]:
    return await DB.fetch("SELECT title, message, category, priority, data, order_id FROM notifications ORDER BY title")


async def require_variables(expression: str) -> None:
    await DB.execute(
        f"UPDATE notification_templates SET variables = {expression} WHERE name = 'order.confirmed.in_app'"
    )


async def test_five_deliveries_are_one_notification(client: RoomClient, consumer: Consumer) -> None:
    event = confirmed()
    await emit(client, *[event] * 5)
    await step(consumer)
    (row,) = await inbox()
    assert row["title"] == "Order ORD-7 confirmed"
    assert row["message"] == "Your order over 49.90 EUR is confirmed."
    assert row["category"] == "order_update"
    assert row["data"] == {"order_id": event.payload["order_id"], "order_number": "ORD-7"}
    assert row["order_id"] == UUID(event.payload["order_id"])
    pending = await client.room.redis.xpending(stream_name("order"), "notification")  # type: ignore[union-attr]
    assert pending["pending"] == 0


def about_alice(event_type: str, *, version: int = 1, minutes: int = 0, **facts: Any) -> Event:
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)
    payload = {"user_id": str(ALICE), **facts}
    return Event(event_type, f"user:{ALICE}", payload, version=version, occurred_at=at)


@pytest.mark.parametrize(("version", "minutes"), [(3, 0), (1, 1)], ids=["by version", "by time"])
async def test_accounts_are_projected_and_stale_events_dropped(
    client: RoomClient, consumer: Consumer, version: int, minutes: int
) -> None:
    await emit(
        client,
        about_alice("user.registered", email="a@x.io", first_name="Ann", locale="de"),
        about_alice("user.email_changed", email="b@x.io", version=version, minutes=minutes),
        about_alice("user.email_changed", email="old@x.io", version=max(1, version - 1), minutes=minutes - 1),
        about_alice("user.deactivated", version=version, minutes=minutes + 1),
    )
    await step(consumer)
    row = await DB.fetch_row("SELECT email, first_name, locale, active FROM recipients WHERE user_id = $1", ALICE)
    assert dict(row) == {"email": "b@x.io", "first_name": "Ann", "locale": "de", "active": False}
    assert "Welcome, Ann" in [row["title"] for row in await inbox()]


async def test_preferences_are_projected(client: RoomClient, consumer: Consumer) -> None:
    def preferences(minutes: int, *, email: bool) -> Event:
        wanted = {"email_notifications": email, "sms_notifications": True, "push_notifications": False}
        return about_alice("preferences.updated", minutes=minutes, language="pt-BR", **wanted)

    await emit(client, preferences(2, email=False), preferences(1, email=True))
    await step(consumer)
    row = await DB.fetch_row(
        "SELECT email_notifications, sms_notifications, push_notifications, locale FROM recipients WHERE user_id = $1",
        ALICE,
    )
    assert tuple(row) == (False, True, False, "pt-BR")


async def test_an_erased_person_is_forgotten_for_good(client: RoomClient, consumer: Consumer) -> None:
    await emit(client, registered(), about_alice("user.erased", version=5), registered())
    await step(consumer)
    row = await DB.fetch_row("SELECT email, first_name, active FROM recipients WHERE user_id = $1", ALICE)
    assert dict(row) == {"email": None, "first_name": None, "active": False}


async def test_the_recipients_language_is_preferred(client: RoomClient, consumer: Consumer) -> None:
    await DB.execute("INSERT INTO recipients (user_id, locale) VALUES ($1, 'de-AT')", ALICE)
    await DB.execute(
        """
        INSERT INTO notification_templates (name, type, locale, subject, body, variables)
        VALUES ('order.confirmed.in_app.de', 'in_app', 'de', 'Bestellung {{ order_number }}', 'Danke',
                '["order_number"]')
        """
    )
    await emit(client, confirmed())
    await step(consumer)
    assert [row["title"] for row in await inbox()] == ["Bestellung ORD-7"]


async def test_an_inactive_template_tells_nothing(client: RoomClient, consumer: Consumer) -> None:
    await DB.execute("UPDATE notification_templates SET is_active = false WHERE name = 'order.confirmed.in_app'")
    await emit(client, confirmed())
    await step(consumer)
    assert await inbox() == []
    assert await DB.fetch_value("SELECT count(*) FROM dead_letters") == 0


async def test_a_missing_variable_is_a_dead_letter_until_it_can_be_told(client: RoomClient, consumer: Consumer) -> None:
    await require_variables("variables || '[\"gift\"]'")
    event = confirmed()
    await emit(client, event)
    await step(consumer)
    assert await inbox() == []
    (letter,) = (await client.query("{ deadLetters { eventId eventType error attempts } }", scopes=["ops:read"]))[
        "deadLetters"
    ]
    assert letter["eventId"] == str(event.event_id)
    assert letter["attempts"] == 5
    assert "needs gift" in letter["error"]

    retry = "mutation($id: ID!) { retryDeadLetter(eventId: $id) { count errors { code } } }"
    again = await client.query(retry, {"id": letter["eventId"]}, scopes=["ops:write"])
    assert again["retryDeadLetter"] == {"count": 0, "errors": [{"code": "TEMPLATE_VARIABLE_MISSING"}]}
    await require_variables("variables - 'gift'")
    done = await client.query(retry, {"id": letter["eventId"]}, scopes=["ops:write"])
    assert done["retryDeadLetter"] == {"count": 1, "errors": []}
    assert len(await inbox()) == 1
    assert await DB.fetch_value("SELECT count(*) FROM dead_letters") == 0


async def test_unreadable_entries_do_not_stop_the_stream(client: RoomClient, consumer: Consumer) -> None:
    redis: Any = client.room.redis
    await redis.xadd(stream_name("order"), {"event": b"{"})
    await redis.xadd(stream_name("order"), {"other": b"x"})
    await emit(client, confirmed(user_id="not a uuid"), confirmed())
    await step(consumer)
    assert len(await inbox()) == 1
    assert await DB.fetch_value("SELECT count(*) FROM dead_letters") == 3


async def test_an_outage_is_not_the_events_fault(client: RoomClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interrupted entry is finished first and in order, and no dead letter remains."""
    applied: list[str] = []
    outages = iter([True, True])

    async def handler(event: Event, room: RunningRoom) -> None:
        if next(outages, False):
            raise Unavailable("down")
        applied.append(event.payload["order_number"])

    listens = [Listens("order", "order.confirmed", handler)]
    consumer = Consumer(client.room, listens, RoomMetrics("notification"))
    await consumer.create_groups()
    await emit(client, confirmed(order_number="1"), confirmed(order_number="2"))
    for expected in (consumer.step, consumer.finish_pending):
        with pytest.raises(Unavailable):
            await expected()
    await emit(client, confirmed(order_number="3"))
    await consumer.finish_pending()
    await step(consumer)
    assert applied == ["1", "2", "3"]
    assert await DB.fetch_value("SELECT count(*) FROM dead_letters") == 0


async def test_a_flushed_redis_gets_its_groups_back(start_room: StartRoom, redis_url: str) -> None:
    async with start_room("notification", create_app, redis=redis_url, background=True) as client:
        redis: Any = client.room.redis
        await redis.flushall()
        await emit(client, confirmed())
        for _ in range(200):
            if await inbox():
                break
            await asyncio.sleep(0.05)
        assert len(await inbox()) == 1
