"""The consumer: applies other services' events exactly once in effect (shop.md §5).

Reads the streams of every service it listens to as one consumer group per room. Inbox row and effect commit together,
then the entry is acknowledged; an entry whose consumer died is claimed by another after a minute. An event that fails
five times, that cannot be read at all, or that several processes died of, goes to ``dead_letters`` and is acknowledged.
What is not its own fault, an outage or a table that somebody holds, does not count: it stays pending.
``EVENTS_CLAIM_SECONDS`` changes the minute; it must exceed what a handler may take.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import asyncpg
import orjson
from redis.exceptions import RedisError, ResponseError

from subgraphs.kernel.acting import acting_as
from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.dead_letters import bury, is_buried, unbury
from subgraphs.kernel.events import MAX_ATTEMPTS, Event, Listens, stream_name
from subgraphs.kernel.faults import fault_point
from subgraphs.kernel.metrics import RoomMetrics
from subgraphs.kernel.refusals import Unavailable

logger = logging.getLogger("stoa.consumer")

_BATCH = 50
_BLOCK_MS = 1000
_CLAIM_AFTER_SECONDS = "60"
_CLAIM_EVERY_SECONDS = 5.0
_RETRY_PAUSE_SECONDS = 0.2
_OUTAGES = (
    RedisError,
    Unavailable,
    asyncpg.InterfaceError,
    asyncpg.LockNotAvailableError,  # somebody holds a table: maintenance, or a migration
    OSError,
    TimeoutError,
)


class Consumer:
    """One room's reader of all the streams it listens to."""

    def __init__(self, room: RunningRoom, listens: Sequence[Listens], metrics: RoomMetrics) -> None:
        self.room = room
        self.metrics = metrics
        self.group = room.name
        self.name = f"{room.name}-{uuid4().hex[:8]}"
        self._handlers = {(stream_name(item.service), item.type): item.handler for item in listens}
        self._streams = sorted({stream for stream, _ in self._handlers})
        self._next_claim = 0.0
        self._suspects: set[UUID] = set()
        """Events whose dead letter this process wrote beforehand, and which it is not done with."""
        after = room.settings.variable("EVENTS_CLAIM_SECONDS") or _CLAIM_AFTER_SECONDS
        self._claim_after_ms = int(float(after) * 1000)

    async def run(self) -> None:
        """Until cancelled; an outage of Redis or PostgreSQL is waited out, and nothing else ends it either."""
        pause = 0.5
        while True:
            try:
                await self.create_groups()
                await self.finish_pending()
                while True:
                    await self.step(_BLOCK_MS)
                    pause = 0.5
            except Exception as error:
                unexpected = None if isinstance(error, _OUTAGES) else error
                logger.warning("%s: the consumer pauses for %.1f s: %s", self.group, pause, error, exc_info=unexpected)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 10.0)

    async def create_groups(self) -> None:
        """Make sure the group exists on every stream, from the stream's beginning."""
        for stream in self._streams:
            try:
                await self.room.redis.xgroup_create(stream, self.group, id="0", mkstream=True)  # type: ignore[union-attr]
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def finish_pending(self) -> None:
        """Handle the entries that an outage interrupted, before new ones."""
        redis: Any = self.room.redis
        for stream in self._streams:
            while entries := _flat(await redis.xreadgroup(self.group, self.name, {stream: "0"}, count=_BATCH)):
                for _, entry_id, fields in entries:
                    await self._handle(stream, entry_id, fields)

    async def step(self, block_ms: int | None = None) -> int:
        """Read and handle one batch of new or abandoned entries; answers how many."""
        redis: Any = self.room.redis
        handled = await self._claim_abandoned()
        answer = await redis.xreadgroup(
            self.group, self.name, dict.fromkeys(self._streams, ">"), count=_BATCH, block=block_ms
        )
        for stream, entry_id, fields in _flat(answer):
            await self._handle(stream, entry_id, fields)
            handled += 1
        return handled

    async def _claim_abandoned(self) -> int:
        now = asyncio.get_running_loop().time()
        if now < self._next_claim:
            return 0
        self._next_claim = now + _CLAIM_EVERY_SECONDS
        redis: Any = self.room.redis
        handled = 0
        for stream in self._streams:
            claimed = await redis.xautoclaim(stream, self.group, self.name, self._claim_after_ms, "0-0", count=_BATCH)
            for entry_id, fields in claimed[1]:
                await self._handle(stream, entry_id, fields, suspect=await self._is_suspect(stream, entry_id))
                handled += 1
        return handled

    async def _is_suspect(self, stream: str, entry_id: Any) -> bool:
        """Whether so many processes took the entry and never acknowledged it that it may be what ended them."""
        redis: Any = self.room.redis
        found = await redis.xpending_range(stream, self.group, min=entry_id, max=entry_id, count=1)
        return bool(found) and int(found[0]["times_delivered"]) > MAX_ATTEMPTS

    async def _handle(
        self, stream: str, entry_id: Any, fields: Mapping[Any, Any] | None, *, suspect: bool = False
    ) -> None:
        if fields:  # an entry that was trimmed from the stream while pending has none
            try:
                event = Event.from_json(orjson.loads(fields[b"event"] if b"event" in fields else fields["event"]))
            except (KeyError, ValueError, TypeError) as error:
                await self._bury_unreadable(stream, _text(entry_id), fields, error)
            else:
                suspect = suspect or event.event_id in self._suspects
                await (self._apply_suspect(stream, event) if suspect else self._apply_with_retries(stream, event))
        fault_point("consumer.applied")
        await self.room.redis.xack(stream, self.group, entry_id)  # type: ignore[union-attr]

    async def _apply_with_retries(self, stream: str, event: Event) -> bool:
        """False when the event is among the dead letters now."""
        handler = self._handlers.get((stream, event.type))
        if handler is None:
            return True
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                applied = await apply_once(self.room, self.group, event, handler)
            except Exception as error:
                if _is_outage(error):
                    raise  # not the event's fault: it stays pending and is tried again
                logger.warning("%s: attempt %d of %s %s failed", self.group, attempt, event.type, event.event_id)
                if attempt == MAX_ATTEMPTS:
                    await self._bury(stream, event, error)
                    return False
                await asyncio.sleep(_RETRY_PAUSE_SECONDS * attempt)
            else:
                self.metrics.consumed.labels(event.type, "applied" if applied else "repeated").inc()
                return True
        return False

    async def _apply_suspect(self, stream: str, event: Event) -> None:
        """Apply an event that may end this process: its dead letter is written first, and removed when all went well.

        If this process dies of it, the next one finds the letter and passes the event over. One that lives, but loses
        the database meanwhile, goes on with it: the letter is its own.
        """
        database = self.room.database
        if (stream, event.type) not in self._handlers:
            return
        if event.event_id not in self._suspects and await is_buried(database, self.group, event.event_id):
            return
        self._suspects.add(event.event_id)
        await bury(database, self.group, stream, event, "It was taken several times, and no process lived to say more.")
        if await self._apply_with_retries(stream, event):
            await unbury(database, self.group, event.event_id)
        self._suspects.discard(event.event_id)

    async def _bury(self, stream: str, event: Event, error: Exception) -> None:
        logger.error("%s: %s %s goes to the dead letters", self.group, event.type, event.event_id, exc_info=error)
        await bury(self.room.database, self.group, stream, event, error)
        self.metrics.consumed.labels(event.type, "dead").inc()

    async def _bury_unreadable(self, stream: str, entry_id: str, fields: Mapping[Any, Any], error: Exception) -> None:
        content = {_text(key): _text(value) for key, value in fields.items()}
        unreadable = Event(
            type="unreadable",
            aggregate=f"stream:{stream}",
            payload={"entry": entry_id, "fields": content},
            event_id=uuid5(NAMESPACE_URL, f"{stream}/{entry_id}"),
        )
        await self._bury(stream, unreadable, error)


async def apply_once(room: RunningRoom, consumer: str, event: Event, handler: Any) -> bool:
    """Inbox row and effect in one transaction; False when the event had been applied before."""
    with acting_as(None, f"{consumer}:{event.type}:{event.event_id}"):
        return await _apply_once(room, consumer, event, handler)


async def _apply_once(room: RunningRoom, consumer: str, event: Event, handler: Any) -> bool:
    async with room.database.transaction():
        new = await room.database.fetch_value(
            "INSERT INTO processed_events (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING TRUE",
            consumer,
            event.event_id,
        )
        if not new:
            return False
        await handler(event, room)
        fault_point("consumer.uncommitted")
    return True


def _is_outage(error: Exception) -> bool:
    """asyncpg tells values that fit no column as InterfaceError, too: those are the event's fault."""
    return isinstance(error, _OUTAGES) and not isinstance(error, ValueError)


def _flat(answer: Any) -> list[tuple[str, Any, Any]]:
    """Stream, entry id and fields of XREADGROUP's answer: a list of pairs, or a mapping in protocol 3."""
    streams: Iterable[tuple[Any, Any]] = answer.items() if isinstance(answer, Mapping) else answer or ()
    return [(_text(stream), entry_id, fields) for stream, entries in streams for entry_id, fields in entries]


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
