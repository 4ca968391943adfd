"""Scenario 6: every event many times and out of order, poison among them, a consumer killed between commit and
acknowledgement, Redis emptied in the middle. Everybody is told everything once over each channel."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from redis.asyncio import Redis

from subgraphs.kernel.database import Database
from subgraphs.kernel.event_metrics import progress, waiting
from subgraphs.kernel.events import Event, stream_name
from subgraphs.kernel.metrics import RoomMetrics
from subgraphs.kernel.outbox import Relay, write_events
from subgraphs.notification.announcements import ANNOUNCEMENTS
from subgraphs.notification.domain import Channel
from tests.fixtures.databases import RoomDatabases
from tests.fixtures.identities import Identities
from tests.subgraphs.notification.conftest import PostOffice
from tests.supergraph.conftest import free_port

ROOT = Path(__file__).parents[3]
PEOPLE = [uuid4() for _ in range(6)]
STATES = ("created", "confirmed", "shipped", "delivered")
WAIT_SECONDS = 120
AUTH, ORDER, NOTIFICATION = Database("auth"), Database("order"), Database("notification")
UNREADABLE = (
    b"{",
    b"\xff",
    orjson.dumps({**Event("order.confirmed", "order:1", {}).to_json(), "event_id": 7}),
)
INAPPLICABLE = (
    Event("order.confirmed", "order:1", {"user_id": "nobody"}),
    Event("order.confirmed", "order:1", {"user_id": str(uuid4()), "order_number": "a\x00b"}),
)
POISON = (*UNREADABLE, *(orjson.dumps(event.to_json()) for event in INAPPLICABLE))


def _told() -> Iterator[tuple[str, Event]]:
    """What auth and order tell of six people; each account changes its address, each order goes all the way."""
    start = datetime.now(UTC) - timedelta(hours=1)
    for n, person in enumerate(PEOPLE):
        aggregate, facts = f"user:{person}", {"user_id": str(person), "first_name": f"Person {n}", "locale": "en"}
        for minute, (what, more) in enumerate(
            (
                ("registered", {"email": f"old{n}@example.com"}),
                ("email_changed", {"email": f"new{n}@example.com", "former_email": f"old{n}@example.com"}),
                ("password_changed", {}),
            )
        ):
            at = start + timedelta(minutes=minute)
            yield "auth", Event(f"user.{what}", aggregate, {**facts, **more}, occurred_at=at)
        for order in range(3):
            order_id = str(uuid4())
            for version, state in enumerate(STATES, 1):
                order_facts = {
                    "user_id": str(person),
                    "order_id": order_id,
                    "order_number": f"ORD-{n}-{order}",
                    "status": state,
                    "total": "10.00",
                    "currency": "EUR",
                }
                at = start + timedelta(minutes=10 + version)
                yield "order", Event(f"order.{state}", f"order:{order_id}", order_facts, version, occurred_at=at)


class Storm:
    """Three databases, Redis, a mail server, and the notification service in a process of its own."""

    def __init__(self, redis: Any, environ: Mapping[str, str], port: int, log: Path) -> None:
        self.redis = redis
        self.environ = environ
        self.port = port
        self.log = log

    @contextmanager
    def consumer(self, fault: str = "") -> Iterator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "ops", "serve", "notification", "--port", str(self.port)]
        environ = {**os.environ, **self.environ, "STOA_FAULT_POINT": fault}
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log, start_new_session=True)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(60)

    async def rain(self, events: list[tuple[str, Event]], seed: int) -> None:
        """Every event three times, shuffled, with poison in between."""
        entries = [(stream_name(service), orjson.dumps(event.to_json())) for service, event in events] * 3
        entries += [(stream_name("order"), poison) for poison in POISON]
        random.Random(seed).shuffle(entries)  # noqa: S311
        for stream, entry in entries:
            await self.redis.xadd(stream, {"event": entry})

    async def wait_until(self, condition: Any, what: str) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not await condition():
            assert time.monotonic() < deadline, f"{what}; the service says:\n{self.log.read_text()[-3000:]}"
            await asyncio.sleep(0.1)

    async def is_calm(self) -> bool:
        """Nothing waits anywhere: not in an outbox, not in a stream, not for its delivery."""
        for database in (AUTH, ORDER):
            if (await waiting(database)).count:
                return False
        streams = {stream_name("auth"), stream_name("order")}
        where = await progress(self.redis, streams, "notification")
        undelivered = "SELECT count(*) FROM notifications WHERE delivery_status = 'pending'"
        return all(item.lag == item.pending == 0 for item in where.values()) and not await NOTIFICATION.fetch_value(
            undelivered
        )


@pytest.fixture
async def storm(
    room_database: RoomDatabases, identities: Identities, redis_url: str, post_office: PostOffice, tmp_path: Path
) -> AsyncIterator[Storm]:
    settings = room_database("notification")
    environ = {
        **post_office.settings(),
        "NOTIFICATION_DATABASE_HOST": settings.host,
        "NOTIFICATION_DATABASE_PORT": str(settings.port),
        "NOTIFICATION_DATABASE_NAME": settings.name,
        "NOTIFICATION_DATABASE_USER": settings.user,
        "NOTIFICATION_DATABASE_PASSWORD": settings.password,
        "REDIS_URL": redis_url,
        "STOA_SERVICE_KEY": str(identities.service_key("notification")),
        "STOA_TRUSTED_JWKS": str(identities.trusted_jwks),
        "EVENTS_CLAIM_SECONDS": "1",
    }
    redis = Redis.from_url(redis_url)
    async with (
        AUTH.opened(room_database("auth")),
        ORDER.opened(room_database("order")),
        NOTIFICATION.opened(settings),
    ):
        yield Storm(redis, environ, free_port(), tmp_path / "notification.log")
    await redis.aclose()


@asynccontextmanager
async def relays(redis: Any) -> AsyncIterator[None]:
    """What auth and order run to publish their outboxes."""
    work = [Relay(database, redis, RoomMetrics(database.room)).run() for database in (AUTH, ORDER)]
    tasks = [asyncio.ensure_future(item) for item in work]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _expected(events: list[tuple[str, Event]]) -> set[tuple[UUID, UUID, str]]:
    return {
        (event.event_id, UUID(event.payload["user_id"]), channel.value)
        for _, event in events
        for channel in ANNOUNCEMENTS[event.type].channels
        if channel in (Channel.IN_APP, Channel.EMAIL)
    }


async def test_a_storm_of_events_tells_everybody_everything_once(
    storm: Storm, post_office: PostOffice, room_database: RoomDatabases
) -> None:
    events = list(_told())
    for database in (AUTH, ORDER):
        async with database.transaction():
            await write_events(database, *(event for service, event in events if service == database.room))
    async with relays(storm.redis):
        await storm.rain(events, seed=6)
        with storm.consumer("consumer.applied:25") as doomed:
            await storm.wait_until(lambda: _ended(doomed), "the consumer did not come to its fault point")
            assert doomed.returncode == -signal.SIGKILL
        assert await NOTIFICATION.fetch_value("SELECT count(*) FROM processed_events") > 10
        with storm.consumer():
            half = "SELECT count(*) > 60 FROM processed_events"
            await storm.wait_until(lambda: NOTIFICATION.fetch_value(half), "half of the events did not arrive")
            await storm.redis.flushall()
            await _republish(storm, room_database)
            await storm.rain(events, seed=7)
            await storm.wait_until(storm.is_calm, "events or mails still wait")
    found = await NOTIFICATION.fetch("SELECT event_id, user_id, type FROM notifications")
    told = [(row["event_id"], row["user_id"], row["type"]) for row in found]
    assert len(told) == len(set(told))
    assert set(told) == _expected(events)
    await _nothing_went_back()
    sent = {mail["Message-ID"] for mail in post_office.mails}
    mails = await NOTIFICATION.fetch("SELECT id FROM notifications WHERE type = 'email' AND delivery_status = 'sent'")
    assert sent == {f"<{row['id']}@example.com>" for row in mails}
    letters = await NOTIFICATION.fetch("SELECT event_id, event_type FROM dead_letters")
    kept = {row["event_id"] for row in letters if row["event_type"] != "unreadable"}
    assert kept == {event.event_id for event in INAPPLICABLE}
    assert len(letters) - len(kept) >= len(UNREADABLE)


async def _ended(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is not None


async def _republish(storm: Storm, room_database: RoomDatabases) -> None:
    """As the operator does it after Redis lost its streams."""
    for database in (AUTH, ORDER):
        settings, prefix = room_database(database.room), f"{database.room.upper()}_DATABASE_"
        # every room must be named for the command to look no further than the environment
        environ = {**os.environ, "REDIS_URL": storm.environ["REDIS_URL"], "DATABASE_HOST": settings.host}
        environ |= {
            f"{prefix}PORT": str(settings.port),
            f"{prefix}NAME": settings.name,
            f"{prefix}USER": settings.user,
            f"{prefix}PASSWORD": settings.password,
        }
        command = [sys.executable, "-m", "ops", "events", "republish", "--since", "1d", database.room]
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environ)
        assert await process.wait() == 0


async def _nothing_went_back() -> None:
    """The projection holds the latest of what was told in any order."""
    for n, person in enumerate(PEOPLE):
        email = await NOTIFICATION.fetch_value("SELECT email FROM recipients WHERE user_id = $1", person)
        assert email == f"new{n}@example.com"
