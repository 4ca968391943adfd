"""Events become notifications exactly once, through real streams; what cannot be told becomes a dead letter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from subgraphs.kernel.consumer import Consumer
from subgraphs.kernel.events import Event, stream_name
from subgraphs.kernel.metrics import RoomMetrics
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
    for event in events:
        await redis.xadd(stream_name(event.type.partition(".")[0]), {"event": orjson.dumps(event.to_json())})


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


async def test_accounts_are_projected_and_stale_events_dropped(client: RoomClient, consumer: Consumer) -> None:
    changed = Event("user.email_changed", f"user:{ALICE}", {"user_id": str(ALICE), "email": "b@x.io"}, version=3)
    stale = Event("user.email_changed", f"user:{ALICE}", {"user_id": str(ALICE), "email": "old@x.io"}, version=2)
    for event in (registered(), changed, stale):
        redis: Any = client.room.redis
        await redis.xadd(stream_name("auth"), {"event": orjson.dumps(event.to_json())})
    await step(consumer)
    row = await DB.fetch_row("SELECT email, first_name, active FROM recipients WHERE user_id = $1", ALICE)
    assert dict(row) == {"email": "b@x.io", "first_name": "Ann", "active": True}
    assert "Welcome, Ann" in [row["title"] for row in await inbox()]


async def test_an_erased_person_is_forgotten_for_good(client: RoomClient, consumer: Consumer) -> None:
    redis: Any = client.room.redis
    erased = Event("user.erased", f"user:{ALICE}", {"user_id": str(ALICE)}, version=5)
    for event in (registered(), erased, registered()):
        await redis.xadd(stream_name("auth"), {"event": orjson.dumps(event.to_json())})
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
