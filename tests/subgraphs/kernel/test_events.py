"""Outbox and relay on a real database and stream, and requests that happen once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
from redis.asyncio import Redis

from subgraphs.kernel.database import Database
from subgraphs.kernel.events import Event
from subgraphs.kernel.idempotency import claim_key, close, is_closed, refuse_running, release_key, store_response
from subgraphs.kernel.metrics import RoomMetrics
from subgraphs.kernel.outbox import Relay, write_events
from subgraphs.kernel.refusals import Conflict, Refusal
from subgraphs.kernel.upkeep import Upkeep, tidy
from tests.fixtures.databases import RoomDatabases

DB = Database("notification")


@pytest.fixture
async def database(room_database: RoomDatabases) -> AsyncIterator[Database]:
    async with DB.opened(room_database("notification")) as opened:
        yield opened


def event(number: int = 1) -> Event:
    return Event("order.created", "order:1", {"number": number}, version=number, traceparent="00-a-b-01")


@contextlib.asynccontextmanager
async def relaying(redis_url: str, count: int = 1) -> AsyncIterator[Any]:
    redis = Redis.from_url(redis_url)
    tasks = [asyncio.ensure_future(Relay(DB, redis, RoomMetrics("notification")).run()) for _ in range(count)]
    try:
        yield redis
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await redis.aclose()


async def published(redis: Any, count: int) -> list[Any]:
    for _ in range(200):
        entries = await redis.xrange("events:notification")
        if len(entries) >= count:
            return [orjson.loads(fields[b"event"]) for _, fields in entries]
        await asyncio.sleep(0.02)
    raise AssertionError(f"{len(entries)} of {count} events were published")


async def test_events_are_published_in_order_and_marked(database: Database, redis_url: str) -> None:
    async with relaying(redis_url, count=2) as redis:
        async with database.transaction():
            await write_events(database, *(event(number) for number in range(1, 251)))
        found = await published(redis, 250)
        assert [item["payload"]["number"] for item in found] == list(range(1, 251))
        assert Event.from_json(found[0]).traceparent == "00-a-b-01"
        for _ in range(100):
            if not await database.fetch_value("SELECT count(*) FROM outbox WHERE published_at IS NULL"):
                break
            await asyncio.sleep(0.02)
        assert await database.fetch_value("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0
        await asyncio.sleep(0.1)
        assert await redis.xlen("events:notification") == 250


async def test_an_event_of_a_failed_transaction_never_existed(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction():
            await write_events(database, event())
            raise RuntimeError("undo")

    with pytest.raises(RuntimeError, match="undo"):
        await fail()
    assert await database.fetch_value("SELECT count(*) FROM outbox") == 0
    with pytest.raises(RuntimeError, match="inside the transaction"):
        await write_events(database, event())


async def test_the_relay_waits_for_redis(database: Database, redis_url: str) -> None:
    async with database.transaction():
        await write_events(database, event())
    nowhere = Redis.from_url("unix:///nowhere/redis.sock")
    relay = asyncio.ensure_future(Relay(DB, nowhere, RoomMetrics("notification")).run())
    await asyncio.sleep(0.2)
    assert not relay.done()
    relay.cancel()
    await asyncio.gather(relay, return_exceptions=True)
    await nowhere.aclose()
    assert await database.fetch_value("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 1
    async with relaying(redis_url) as redis:
        await published(redis, 1)


async def test_a_request_happens_once_per_key(database: Database) -> None:
    effects: list[int] = []

    async def request(amount: int) -> Any:
        async with database.transaction():
            claim = await claim_key(database, scope="user:refund", key="k", request={"amount": amount})
            if claim.response is not None:
                return claim.response
            effects.append(amount)
            await asyncio.sleep(0.01)
            answer = {"amount": amount, "id": str(uuid4())}
            await store_response(database, claim, answer)
            return answer

    answers = await asyncio.gather(*(request(5) for _ in range(8)))
    assert effects == [5]
    assert all(answer == answers[0] for answer in answers)
    with pytest.raises(Conflict) as refused:
        await request(6)
    assert refused.value.code == "IDEMPOTENCY_KEY_REUSED"


async def test_a_closed_id_stays_closed_for_a_day_after_it_was_closed_last(database: Database) -> None:
    given_up, other = uuid4(), uuid4()
    await close(database, given_up)
    await database.execute("UPDATE idempotency_keys SET expires_at = now() + interval '1 second'")
    await close(database, given_up)
    await tidy(database, Upkeep(), datetime.now(UTC) + timedelta(hours=23, minutes=59))
    assert [await is_closed(database, each) for each in (given_up, other)] == [True, False]
    assert (await claim_key(database, scope="s", key=str(given_up), request=[1])).new  # no client's key is taken


async def test_a_claimed_key_is_in_progress_until_released(database: Database) -> None:
    made = uuid4()
    claim = await claim_key(database, scope="s", key="k", request=[1], resource_id=made)
    refuse_running(claim)
    again = await claim_key(database, scope="s", key="k", request=[1], resource_id=uuid4())
    assert (again.new, again.resource_id, again.response) == (False, made, None)
    with pytest.raises(Conflict, match="still running"):
        refuse_running(again)
    await release_key(database, claim)
    assert (await claim_key(database, scope="s", key="k", request=[2])).new
    await database.execute("UPDATE idempotency_keys SET expires_at = now() - interval '1 second'")
    assert (await claim_key(database, scope="s", key="k", request=[3])).new
    with pytest.raises(Refusal):
        await claim_key(database, scope="s", key="", request=[])
