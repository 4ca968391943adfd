"""What a consumer does about entries that are no events, that fail or end processes; and what it tells of itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from subgraphs.kernel import consumer as consumer_module
from subgraphs.kernel.consumer import Consumer
from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.database import Database
from subgraphs.kernel.dead_letters import is_buried
from subgraphs.kernel.events import MAX_ATTEMPTS, Event, Listens
from subgraphs.kernel.metrics import RoomMetrics
from subgraphs.kernel.outbox import Publisher, republish, write_events
from subgraphs.notification.app import create_app
from subgraphs.notification.tables import DB
from tests.fixtures.databases import RoomDatabases
from tests.fixtures.rooms import RoomClient, StartRoom

STREAM = "events:order"


@pytest.fixture
async def client(start_room: StartRoom, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RoomClient]:
    monkeypatch.setattr(consumer_module, "_RETRY_PAUSE_SECONDS", 0)
    async with start_room("notification", create_app, redis=redis_url) as started:
        yield started


def event(number: int = 1) -> Event:
    return Event("order.created", f"order:{number}", {"number": number})


async def noted(found: Event, room: RunningRoom) -> None:
    """Writes what must be unique, so that applying an event twice would show."""
    await DB.execute(
        "INSERT INTO notification_templates (name, type, body) VALUES ('applied.' || $1::text, 'push', 'x')",
        str(found.event_id),
    )


async def applied() -> int:
    count: int = await DB.fetch_value("SELECT count(*) FROM notification_templates WHERE name LIKE 'applied.%'")
    return count


def consumer_of(client: RoomClient, handler: Any = noted) -> Consumer:
    return Consumer(client.room, [Listens("order", "order.created", handler)], RoomMetrics("notification"))


async def add(client: RoomClient, *entries: bytes) -> None:
    redis: Any = client.room.redis
    for entry in entries:
        await redis.xadd(STREAM, {"event": entry})


async def drain(consumer: Consumer) -> None:
    await consumer.create_groups()
    while await consumer.step():
        pass


async def pending(client: RoomClient) -> int:
    redis: Any = client.room.redis
    found: int = (await redis.xpending(STREAM, "notification"))["pending"]
    return found


def _entry(**changes: Any) -> bytes:
    return orjson.dumps({**event().to_json(), **changes})


@pytest.mark.parametrize(
    "poison",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'"text"',
        b"null",
        _entry(event_id=5),
        _entry(event_id="no uuid"),
        _entry(payload=[]),
        _entry(version="many"),
        _entry(occurred_at="yesterday"),
        _entry(occurred_at="2026-01-01T00:00:00"),
        _entry(type="order.created", payload={"text": "a\x00b"}),
        _entry(type="order.created", payload={"deep": "x" * 300_000}),
        _entry(type="order." + "x" * 5000),
    ],
    ids=[
        "empty",
        "no utf-8",
        "a list",
        "a text",
        "null",
        "id a number",
        "id a word",
        "payload a list",
        "version a word",
        "no moment",
        "no offset",
        "a NUL",
        "long",
        "type long",
    ],
)
async def test_no_entry_stops_those_behind_it(client: RoomClient, poison: bytes) -> None:
    """Whatever it is, it is applied, passed over or kept as a dead letter, and acknowledged."""

    async def fails(found: Event, room: RunningRoom) -> None:
        if "number" not in found.payload:
            raise RuntimeError(f"cannot apply {found.payload}")
        await noted(found, room)

    await add(client, poison, orjson.dumps(event().to_json()))
    await drain(consumer_of(client, fails))
    assert await applied() == 1
    assert await pending(client) == 0


async def test_a_value_that_fits_no_column_is_the_events_fault(client: RoomClient) -> None:
    """The driver reports it with the class of its own troubles, which would mean to wait and try again for ever."""

    async def writes(found: Event, room: RunningRoom) -> None:
        await DB.fetch_value("SELECT $1::integer", found.payload["number"])
        await noted(found, room)

    await add(client, *(orjson.dumps(event(number).to_json()) for number in (2**40, 1)))
    await drain(consumer_of(client, writes))
    assert await applied() == 1
    assert "out of" in await DB.fetch_value("SELECT error FROM dead_letters")


async def test_a_table_that_somebody_holds_is_not_the_events_fault(
    start_room: StartRoom, room_database: RoomDatabases, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Maintenance may hold one for minutes: what happens meanwhile waits, and is no heap of dead letters."""
    monkeypatch.setattr(consumer_module, "_RETRY_PAUSE_SECONDS", 0)
    impatient = replace(room_database("notification"), lock_timeout_ms=20)
    async with start_room("notification", create_app, redis=redis_url, database=impatient) as client:
        await add(client, orjson.dumps(event().to_json()))
        consumer, holder = consumer_of(client), await DB.get_new_connection()
        await consumer.create_groups()
        async with holder.transaction():
            await holder.execute("LOCK TABLE notification_templates")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await consumer.step()
            assert await pending(client) == 1
            assert await DB.fetch_value("SELECT count(*) FROM dead_letters") == 0
        await holder.close()
        await consumer.finish_pending()
        assert await applied() == 1
        assert await pending(client) == 0


async def _taken_and_lost(client: RoomClient, entry: bytes, times: int) -> None:
    """As if this many processes had taken the entry and died."""
    redis: Any = client.room.redis
    await add(client, entry)
    ((_, ((entry_id, _),)),) = await redis.xreadgroup("notification", "somebody", {STREAM: ">"})
    await redis.xclaim(STREAM, "notification", "somebody", 0, [entry_id], idle=3_600_000, retrycount=times)


async def test_an_event_that_processes_die_of_is_passed_over_in_the_end(client: RoomClient) -> None:
    async def deadly(found: Event, room: RunningRoom) -> None:
        raise asyncio.CancelledError  # goes past everything that handles failures, as the end of a process does

    poison = event()
    first = consumer_of(client, deadly)
    await first.create_groups()
    await _taken_and_lost(client, orjson.dumps(poison.to_json()), MAX_ATTEMPTS)
    with pytest.raises(asyncio.CancelledError):
        await first.step()
    assert await is_buried(DB, "notification", poison.event_id), "told before it died"
    redis: Any = client.room.redis
    ((entry_id, *_),) = [
        (item["message_id"],) for item in await redis.xpending_range(STREAM, "notification", "-", "+", 9)
    ]
    await redis.xclaim(STREAM, "notification", "x", 0, [entry_id], idle=3_600_000, retrycount=MAX_ATTEMPTS + 1)
    await add(client, orjson.dumps(event().to_json()))
    survivor = consumer_of(client)
    await drain(survivor)
    assert await pending(client) == 0
    assert await applied() == 1
    assert await is_buried(DB, "notification", poison.event_id)


async def test_a_suspect_that_is_harmless_leaves_no_letter(client: RoomClient) -> None:
    consumer = consumer_of(client)
    await consumer.create_groups()
    await _taken_and_lost(client, orjson.dumps(event().to_json()), MAX_ATTEMPTS)
    await drain(consumer)
    assert await applied() == 1
    assert await DB.fetch_value("SELECT count(*) FROM dead_letters") == 0
    assert await pending(client) == 0


# -- numbers ----------------------------------------------------------------------------------------------------------


async def _numbers(client: RoomClient) -> dict[tuple[str, str], float]:
    response = await client.http.get("/metrics")
    return {
        (sample.name, sample.labels.get("stream", "")): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


async def test_metrics_tell_what_waits_and_how_far_consumers_are_behind(client: RoomClient) -> None:
    async with DB.transaction():
        await write_events(DB, event(), event())
    await DB.execute("UPDATE outbox SET created_at = now() - interval '100 seconds'")
    await add(client, *(orjson.dumps(event(number).to_json()) for number in range(3)))
    numbers = await _numbers(client)
    assert numbers["stoa_outbox_unpublished", ""] == 2
    assert 100 <= numbers["stoa_outbox_oldest_unpublished_seconds", ""] < 300
    assert (numbers["stoa_events_lag", STREAM], numbers["stoa_events_pending", STREAM]) == (3, 0)
    redis: Any = client.room.redis
    await consumer_of(client).create_groups()
    await redis.xreadgroup("notification", "somebody", {STREAM: ">"}, count=2)
    numbers = await _numbers(client)
    assert (numbers["stoa_events_lag", STREAM], numbers["stoa_events_pending", STREAM]) == (1, 2)
    await redis.flushall()
    assert (await _numbers(client))["stoa_events_lag", STREAM] == 0


# -- after Redis was lost ---------------------------------------------------------------------------------------------


async def test_what_happened_since_is_published_again_in_order(client: RoomClient) -> None:
    redis: Any = client.room.redis
    source: Database = DB
    async with source.transaction():
        await write_events(source, *(event(number) for number in range(5)))
    connection = await source.get_new_connection()
    publisher = Publisher(connection, redis, STREAM, RoomMetrics("notification"))
    assert await publisher.publish() == 5
    await source.execute("UPDATE outbox SET occurred_at = now() - interval '2 days' WHERE payload ->> 'number' = '0'")
    await drain(consumer_of(client))
    assert await republish(source, datetime.now(UTC) - timedelta(days=1)) == 4
    assert await publisher.publish() == 4
    await connection.close()
    entries = [orjson.loads(fields[b"event"]) for _, fields in await redis.xrange(STREAM)]
    assert [entry["payload"]["number"] for entry in entries] == [0, 1, 2, 3, 4, 1, 2, 3, 4]
    assert all(UUID(entry["event_id"]) for entry in entries)
    await drain(consumer_of(client))
    assert await applied() == 5, "the inbox absorbs the repetitions"
    assert await pending(client) == 0


async def test_republishing_the_future_does_nothing(client: RoomClient) -> None:
    async with DB.transaction():
        await write_events(DB, event())
    assert await republish(DB, datetime.now(UTC) + timedelta(hours=1)) == 0
