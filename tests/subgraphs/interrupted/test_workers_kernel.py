"""What the kernel runs in every room, interrupted at every call: upkeep, relay, the consumer's own business (S-111)."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest

from subgraphs.kernel import consumer as consumer_module
from subgraphs.kernel import outbox as outbox_module
from subgraphs.kernel import partitions
from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.dead_letters import is_buried
from subgraphs.kernel.events import MAX_ATTEMPTS, Event, Listens
from subgraphs.kernel.metrics import RoomMetrics
from subgraphs.kernel.outbox import Relay, write_events
from subgraphs.kernel.partitions import DETACHED_DAYS, _month, partition_name
from subgraphs.kernel.upkeep import keep_up
from subgraphs.order.app import UPKEEP, create_app
from subgraphs.order.tables import DB
from tests.fixtures.rooms import RoomClient, StartRoom
from tests.subgraphs.interrupted.handling import SteppedConsumer
from tests.subgraphs.interrupted.ledger import Ledger
from tests.subgraphs.interrupted.stepping import Step
from tests.subgraphs.interrupted.work import Names, Work, Works
from tests.subgraphs.interrupted.working import Working, new_turns, working
from tests.subgraphs.order.conftest import InsertOrders, put_in_cart

pytestmark = pytest.mark.usefixtures("breakable_stores")

STREAM = "events:order"
HISTORY = "order_status_history"


@pytest.fixture
async def room(start_room: StartRoom, redis_url: str) -> AsyncIterator[RoomClient]:
    async with start_room("order", create_app, redis=redis_url) as client:
        yield client


async def test_keep_up(
    room: RoomClient, insert_orders: InsertOrders, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "_AHEAD_MONTHS", 1)  # what is done for one month is done for the others
    today = datetime.now(UTC).date()
    next_month, long_ago = (_month(today, distance) for distance in (1, -UPKEEP.partitioned[0].months - 1))
    ahead, old = partition_name(HISTORY, next_month), partition_name(HISTORY, long_ago)
    served = partition_name(HISTORY, _month(long_ago, -1))

    async def much_to_do() -> Names:
        """A month's partition is missing and the default one holds rows of it, another is too old; one that was
        detached long ago, and rows, have served."""
        await DB.execute(f"CREATE TABLE IF NOT EXISTS {served} (LIKE {HISTORY})")
        await DB.execute(f"COMMENT ON TABLE {served} IS 'Old. Detached on {today - timedelta(days=DETACHED_DAYS)}.'")
        for name in (ahead, old):
            if await DB.fetch_value("SELECT true FROM pg_inherits WHERE inhrelid = to_regclass($1)", name):
                await DB.execute(f"ALTER TABLE {HISTORY} DETACH PARTITION {name}")
            await DB.execute(f"DROP TABLE IF EXISTS {name}")
        await DB.execute(
            f"CREATE TABLE {old} PARTITION OF {HISTORY} FOR VALUES FROM ('{long_ago}') TO ('{_month(long_ago, 1)}')"
        )
        (order,) = await insert_orders(uuid4())
        await DB.execute(f"UPDATE {HISTORY} SET created_at = $2 WHERE order_id = $1", order, _moment(next_month))
        await DB.execute("INSERT INTO processed_events VALUES ('c', $1, now() - interval '31 days')", uuid4())
        await DB.execute(
            "INSERT INTO outbox (type, aggregate, payload, published_at) VALUES ('x.y', 'x', '{}', $1)",
            datetime.now(UTC) - timedelta(days=8),
        )
        await DB.execute(
            "INSERT INTO idempotency_keys (scope, key, request_hash, expires_at) VALUES ($1, 'k', repeat('a', 64), $2)",
            uuid4().hex,
            datetime.now(UTC) - timedelta(days=1),
        )
        await put_in_cart(who := uuid4(), uuid4(), 1)
        await DB.execute("ALTER TABLE shopping_carts DISABLE TRIGGER USER")
        await DB.execute("UPDATE shopping_carts SET updated_at = now() - interval '1 year' WHERE user_id = $1", who)
        await DB.execute("ALTER TABLE shopping_carts ENABLE TRIGGER USER")
        return {str(order): "order"}

    async def in_place(_: Names) -> None:
        rows = await DB.fetch(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = $1::regclass", HISTORY
        )
        months = (partition_name(HISTORY, _month(today, distance)) for distance in range(2))
        assert {name for (name,) in rows} == {f"{HISTORY}_default", *months}
        assert await DB.fetch_value("SELECT to_regclass($1) IS NOT NULL", old), "what is detached is still there"
        assert await DB.fetch_value("SELECT to_regclass($1) IS NULL", served)

    async def keep_this_up(running: RunningRoom) -> None:
        await keep_up(running, UPKEEP)

    keep_this_up.__module__ = keep_up.__module__
    works = Works(Ledger([DB], without=[old, served]))
    async with working(step, keep_this_up, room.room) as worker:
        steps = "each month and each batch of rows is done by itself, so that none waits for another"
        work = worker.work(much_to_do, "tidy", steps=steps, ends=in_place, passes=1, interrupts=new_turns())
        await works.one("tidy", work)
    works.judge()


def _moment(day: Any) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


async def test_relay_run(room: RoomClient, step: Step) -> None:
    redis: Any = room.room.redis

    async def three_events() -> Names:
        await DB.execute("DELETE FROM outbox")
        events = [Event("order.x", f"order:{number}", {"number": number}) for number in range(3)]
        async with DB.transaction():
            await write_events(DB, *events)
        return {str(event.event_id): f"event {number}" for number, event in enumerate(events)}

    async def told_in_order(names: Names) -> None:
        told = [orjson.loads(fields[b"event"])["event_id"] for _, fields in await redis.xrange(STREAM)]
        assert list(dict.fromkeys(names[event] for event in told if event in names)) == list(names.values())

    works = Works(Ledger([DB]))
    stepped = step(outbox_module.__name__)
    async with stepped.running(Relay(DB, redis, RoomMetrics("order")).run()):
        steps = "what was added to the stream is marked afterwards: it may be added again"
        work = Working(stepped).work(three_events, "publish", steps=steps, ends=told_in_order)
        await works.one("publish", work)
    works.judge()


async def test_consumer_run(room: RoomClient, step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that others died of has no letter when it is harmless, whatever happens while that is found out."""
    redis: Any = room.room.redis
    monkeypatch.setattr(consumer_module, "_CLAIM_EVERY_SECONDS", -math.inf)

    async def keep(event: Event, running: RunningRoom) -> None:
        sql = "INSERT INTO idempotency_keys (scope, key, request_hash) VALUES ($1, 'k', repeat('a', 64))"
        await DB.execute(sql, event.aggregate)

    async def died_of() -> tuple[Event, Names]:
        event = Event("x.y", f"x:{uuid4()}", {})
        await redis.xadd("events:other", {"event": orjson.dumps(event.to_json())})
        ((_, ((entry, _),)),) = await redis.xreadgroup("order", "somebody", {"events:other": ">"})
        await redis.xclaim("events:other", "order", "somebody", 0, [entry], idle=3_600_000, retrycount=MAX_ATTEMPTS)
        return event, {str(event.event_id): "event"}

    async def attempt(_: Event) -> None:
        await stepped.round()

    async def carry_on(_: Event) -> None:
        for _pass in range(3):
            await stepped.round()

    async def acknowledged(event: Event) -> None:
        assert (await redis.xpending("events:other", "order"))["pending"] == 0
        assert not await is_buried(DB, "order", event.event_id)

    works = Works(Ledger([DB]))
    stepped = step(consumer_module.__name__)
    consumer = SteppedConsumer(room, [Listens("other", "x.y", keep)], stepped)
    async with stepped.running(consumer.run()):
        consumer._next_claim = -math.inf
        steps = "its dead letter is written before it is tried, in case nobody lives to write it"
        work = Work(died_of, attempt, carry_on, code="suspect", endless=True, steps=steps, ends=acknowledged)
        await works.one("suspect", work)
    works.judge()
