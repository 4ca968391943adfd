"""A Redis that lost its streams, or came back with an older copy of them: the relay publishes again what is missing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from redis.asyncio import Redis

from subgraphs.kernel.database import Database
from subgraphs.kernel.events import Event
from subgraphs.kernel.metrics import RoomMetrics
from subgraphs.kernel.outbox import Publisher, write_events
from subgraphs.notification.tables import DB
from tests.fixtures.databases import RoomDatabases

STREAM = "events:notification"


class Outbox:
    """Events numbered from 0, the stream, and relays that come and go."""

    def __init__(self, database: Database, redis: Any, connection: Any) -> None:
        self.database = database
        self.redis = redis
        self.metrics = RoomMetrics("notification")
        self._connection = connection
        self._written = 0

    def relay(self) -> Publisher:
        return Publisher(self._connection, self.redis, STREAM, self.metrics)

    async def write(self, count: int) -> None:
        numbers = range(self._written, self._written + count)
        self._written += count
        async with self.database.transaction():
            await write_events(self.database, *(Event("order.created", f"order:{n}", {"n": n}) for n in numbers))

    async def age(self, minutes: int) -> None:
        """What is published was published that much earlier, for the database."""
        await self.database.execute(
            "UPDATE outbox SET published_at = published_at - make_interval(mins => $1)", minutes
        )

    async def numbers(self) -> list[int]:
        entries = await self.redis.xrange(STREAM)
        return [orjson.loads(fields[b"event"])["payload"]["n"] for _, fields in entries]

    async def republished(self) -> float:
        return self.metrics.republished._value.get()


async def drain(publisher: Publisher) -> int:
    total = 0
    while published := await publisher.publish():
        total += published
    return total


@pytest.fixture
async def outbox(room_database: RoomDatabases, redis_url: str) -> AsyncIterator[Outbox]:
    redis = Redis.from_url(redis_url)
    async with DB.opened(room_database("notification")) as database:
        connection = await database.get_new_connection()
        yield Outbox(database, redis, connection)
        await connection.close()
    await redis.aclose()


async def test_nothing_is_repeated_while_nothing_is_lost(outbox: Outbox) -> None:
    relay = outbox.relay()
    for count in (3, 0, 150):
        await outbox.write(count)
        assert await drain(relay) == count
    assert await outbox.numbers() == list(range(153))
    assert await outbox.republished() == 0


async def test_an_emptied_redis_is_noticed_while_nothing_happens(outbox: Outbox) -> None:
    relay = outbox.relay()
    await outbox.write(120)
    await drain(relay)
    await outbox.age(minutes=60)
    await outbox.redis.flushall()
    await drain(relay)
    assert await outbox.numbers() == list(range(120))
    assert await outbox.republished() == 120
    await drain(relay)
    assert len(await outbox.numbers()) == 120


async def test_and_when_new_events_are_the_first_that_it_sees(outbox: Outbox) -> None:
    relay = outbox.relay()
    await outbox.write(2)
    await drain(relay)
    await outbox.redis.flushall()
    await outbox.write(2)
    await drain(relay)
    assert await outbox.numbers() == [2, 3, 0, 1]


async def test_of_an_older_copy_only_what_it_may_lack_is_published_again(outbox: Outbox) -> None:
    relay = outbox.relay()
    for _ in range(2):
        await outbox.write(2)
        await drain(relay)
    first, second, *_ = await outbox.redis.xrange(STREAM)
    await outbox.redis.flushall()
    old = int(first[0].split(b"-")[0]) - 3_600_000
    for number, (_, fields) in enumerate((first, second)):
        await outbox.redis.xadd(STREAM, fields, id=f"{old}-{number}")
    await outbox.database.execute(
        "UPDATE outbox SET published_at = published_at - interval '61 minutes' WHERE (payload ->> 'n')::int < 2"
    )
    await drain(relay)
    assert await outbox.numbers() == [0, 1, 2, 3]
    assert await outbox.republished() == 2


async def test_a_new_relay_finds_that_the_stream_is_gone(outbox: Outbox) -> None:
    await outbox.write(3)
    await drain(outbox.relay())
    await outbox.age(minutes=5)
    await outbox.redis.flushall()
    await drain(outbox.relay())
    assert await outbox.numbers() == [0, 1, 2]


async def test_a_new_relay_repeats_only_the_last_moments(outbox: Outbox) -> None:
    """A crash may have cost Redis what it had not written to disk."""
    relay = outbox.relay()
    await outbox.write(3)
    await drain(relay)
    await outbox.age(minutes=5)
    await outbox.write(2)
    await drain(relay)
    assert await drain(outbox.relay()) == 2
    assert await outbox.numbers() == [0, 1, 2, 3, 4, 3, 4]
    assert await outbox.republished() == 0
