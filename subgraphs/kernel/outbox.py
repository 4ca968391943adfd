"""The outbox: events written in the business transaction, published to Redis by one relay per database.

The relay that holds the database's advisory lock reads unpublished rows in id order, adds them to the service's stream
and marks them published: at least once, in order of id, and never lost (shop.md §5). Without Redis, rows wait. When the
stream is found to know less than was added to it, Redis was lost or came back from an older copy: what is missing is
published again, and the inboxes of the consumers pass over what they have applied.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from redis.exceptions import ResponseError

from subgraphs.kernel.database import Database
from subgraphs.kernel.events import Event, stream_name
from subgraphs.kernel.faults import fault_point
from subgraphs.kernel.metrics import RoomMetrics
from subgraphs.kernel.outages import OUTAGES, unexpected

logger = logging.getLogger("stoa.outbox")

_LEADER_LOCK = 0x5704_0002
_BATCH = 100
_POLL_SECONDS = 0.5
_STREAM_LENGTH = 100_000
_DOUBTFUL_SECONDS = 10.0
"""How long before the last known moment events may be lost: how far clocks may differ, and what a crash costs a Redis
that writes to disk every second."""

_INSERT = """
INSERT INTO outbox (event_id, type, version, aggregate, occurred_at, traceparent, payload)
SELECT e.event_id, e.type, e.version, e.aggregate, e.occurred_at, e.traceparent, e.payload
FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::timestamptz[], $6::text[], $7::jsonb[])
    AS e (event_id, type, version, aggregate, occurred_at, traceparent, payload)
"""


async def write_events(database: Database, *events: Event) -> None:
    """Put events into the outbox, one statement for all; only inside the transaction that makes them true."""
    if not database.in_transaction:
        raise RuntimeError("events are written inside the transaction that makes them true")
    await database.execute(
        _INSERT,
        [event.event_id for event in events],
        [event.type for event in events],
        [event.version for event in events],
        [event.aggregate for event in events],
        [event.occurred_at for event in events],
        [event.traceparent for event in events],
        [dict(event.payload) for event in events],
    )


class Relay:
    """Publishes one database's outbox while ``run`` is running; many may run, one of them leads."""

    def __init__(self, database: Database, redis: Any, metrics: RoomMetrics) -> None:
        self._database = database
        self._redis = redis
        self._metrics = metrics
        self._stream = stream_name(database.room)
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled; every fault is logged and tried again after a growing pause."""
        pause = _POLL_SECONDS
        while True:
            try:
                await self._lead()
            except Exception as error:
                problem = "%s: the relay pauses for %.1f s: %s"
                logger.warning(problem, self._stream, pause, error, exc_info=unexpected(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 10.0)
            else:
                pause = _POLL_SECONDS

    async def _lead(self) -> None:
        connection = await self._database.get_new_connection()
        try:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LEADER_LOCK):
                await asyncio.sleep(_POLL_SECONDS)
                return
            await connection.add_listener("outbox", lambda *_: self._wake.set())
            publisher = Publisher(connection, self._redis, self._stream, self._metrics)
            while True:
                self._wake.clear()
                while await publisher.publish():
                    pass
                # Not asyncio.wait_for: in Python 3.11 it loses a cancellation that comes together with the wake-up.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._wake.wait()
        finally:
            await _close_quietly(connection)


class Publisher:
    """What the leading relay does with its connection."""

    def __init__(self, connection: Any, redis: Any, stream: str, metrics: RoomMetrics) -> None:
        self._connection = connection
        self._redis = redis
        self._stream = stream
        self._metrics = metrics
        self._newest: EntryId | None = None
        """The newest entry that the stream must know; ``None``: not asked yet."""

    async def publish(self) -> int:
        """Publish and mark up to one batch of events; answers how many were published, or are to be again."""
        if self._newest is None:
            self._newest = await self._published_before()
        rows = await self._connection.fetch(
            """
            SELECT id, event_id, type, version, aggregate, occurred_at, traceparent, payload
            FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT $1
            """,
            _BATCH,
        )
        known, added = await self._add(rows)
        again = await self._publish_again(known) if known < self._newest else 0
        self._newest = added
        if rows:
            fault_point("outbox.added")
            ids: Sequence[int] = [row["id"] for row in rows]
            await self._connection.execute("UPDATE outbox SET published_at = now() WHERE id = ANY($1::bigint[])", ids)
            self._metrics.published.inc(len(rows))
        return len(rows) + again

    async def _add(self, rows: Sequence[Any]) -> tuple[EntryId, EntryId]:
        """Add events to the stream; the newest entry it knew before, and the newest one now."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.xinfo_stream(self._stream)
            for row in rows:
                pipeline.xadd(self._stream, {"event": _encoded(row)}, maxlen=_STREAM_LENGTH, approximate=True)
            about, *entries = await pipeline.execute(raise_on_error=False)
        for answer in entries:
            if isinstance(answer, Exception):
                raise answer
        if isinstance(about, ResponseError):
            known = EntryId(0, 0)  # there is no such stream
        elif isinstance(about, Exception):
            raise about
        else:
            known = EntryId.parse(about["last-generated-id"])
        return known, EntryId.parse(entries[-1]) if entries else known

    async def _published_before(self) -> EntryId:
        """What the stream must know of the time before this relay, as far as clocks agree; and what a crash of both
        may have cost Redis is published once more."""
        await self._connection.execute(
            "UPDATE outbox SET published_at = NULL WHERE published_at > "
            "(SELECT max(published_at) FROM outbox) - make_interval(secs => $1)",
            _DOUBTFUL_SECONDS,
        )
        latest = await self._connection.fetchval("SELECT max(published_at) FROM outbox")
        return EntryId(0, 0) if latest is None else EntryId(int((latest.timestamp() - _DOUBTFUL_SECONDS) * 1000), 0)

    async def _publish_again(self, known: EntryId) -> int:
        """Have published again what the stream does not know. To be asked before what was added now is marked: the
        stream looks whole from then on."""
        moment = dt.datetime.fromtimestamp(known.milliseconds / 1000, dt.UTC) - dt.timedelta(seconds=_DOUBTFUL_SECONDS)
        rows = await self._connection.fetch(
            "UPDATE outbox SET published_at = NULL WHERE published_at >= $1 RETURNING 1", moment
        )
        logger.error("%s: Redis lost entries of its stream; %d events are published again", self._stream, len(rows))
        self._metrics.republished.inc(len(rows))
        return len(rows)


class EntryId(NamedTuple):
    """The id of a stream entry: Redis's clock when it was added, and a number."""

    milliseconds: int
    number: int

    @classmethod
    def parse(cls, text: bytes | str) -> EntryId:
        milliseconds, _, number = (text.decode() if isinstance(text, bytes) else text).partition("-")
        return cls(int(milliseconds), int(number))


async def republish(database: Database, since: dt.datetime) -> int:
    """Have the relay publish again what happened since then, in its old order; answers how many events.

    For consumers that lost their inbox, or as a precaution: the relay notices by itself when Redis lost its stream.
    Consumers know what they have applied by their inbox, which remembers longer than the outbox keeps.
    """
    return await database.execute(
        "UPDATE outbox SET published_at = NULL WHERE occurred_at >= $1 AND published_at IS NOT NULL", since
    )


def _encoded(row: Any) -> bytes:
    return orjson.dumps(
        {
            "event_id": str(row["event_id"]),
            "type": row["type"],
            "version": row["version"],
            "aggregate": row["aggregate"],
            "occurred_at": row["occurred_at"].isoformat(),
            "traceparent": row["traceparent"],
            "payload": row["payload"],
        }
    )


async def _close_quietly(connection: Any) -> None:
    try:
        await connection.close(timeout=2)
    except OUTAGES:
        connection.terminate()
