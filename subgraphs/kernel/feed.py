"""The feed: a room's own events as its subscriptions hear them, in every process of the room.

One reader per process follows the room's stream in Redis while anybody listens, and hands each event to all listeners.
It is no consumer group: every process reads everything, nothing is acknowledged, and nobody hears what happened before
listening (docs/decisions/0015). While Redis is away the reader waits and then goes on behind the last entry it read,
so that nothing is missed as long as the stream itself survives.

A listener that is slow is not waited for. Events with the same key replace each other while they wait, because a
subscription answers what is true when it is its turn; one that has more keys waiting than it may ends with a refusal.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import orjson
from aiodataloader import DataLoader
from redis.exceptions import RedisError

from subgraphs.kernel.events import Event, stream_name
from subgraphs.kernel.refusals import Refusal, Unavailable

__all__ = ["Feed", "FellBehind", "Listener"]

logger = logging.getLogger("stoa.feed")

_BATCH = 200
_BLOCK_MS = 1000
_MOST_WAITING = 1000
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 2.0
_OUTAGES = (RedisError, OSError, TimeoutError)

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Fetch = Callable[[list[K]], Awaitable[Mapping[K, V]]]
"""A batch read of a repository."""

Key = Callable[[Event], Hashable | None]
"""What an event is about for one listener; None when it is nothing to them."""


class FellBehind(Refusal):
    """More events waited for this subscription than may; its client subscribes again."""

    code = "SUBSCRIPTION_FELL_BEHIND"


class Listener:
    """``async for event in listener`` gives what its key picks, in order; raises FellBehind."""

    def __init__(self, key: Key, most: int = _MOST_WAITING) -> None:
        self._key = key
        self._most = most
        self._waiting: dict[Hashable, Event] = {}
        self._fell_behind = False
        self._changed = asyncio.Event()
        self.has_begun = False
        """Whether it was asked for an event: what its subscription looks at before is looked at."""

    def hear(self, event: Event) -> None:
        """Called for every event of the feed; never waits."""
        key = self._key(event)
        if key is None or self._fell_behind:
            return
        self._waiting[key] = event
        if len(self._waiting) > self._most:
            self._fell_behind = True
            self._waiting.clear()
        self._changed.set()

    def __aiter__(self) -> Listener:
        return self

    async def __anext__(self) -> Event:
        self.has_begun = True
        while not self._waiting:
            if self._fell_behind:
                raise FellBehind("Events came faster than they were read. Subscribe again.")
            self._changed.clear()
            await self._changed.wait()
        return self._waiting.pop(next(iter(self._waiting)))


class Feed:
    """The events of one room in one process."""

    def __init__(self, redis: Any, room: str) -> None:
        self._redis = redis
        self._stream = stream_name(room)
        self._listeners: set[Listener] = set()
        self._starting = asyncio.Lock()
        self._reader: asyncio.Task[None] | None = None
        self._position = "0-0"
        self._shared: dict[Fetch[Any, Any], DataLoader[Any, Any]] = {}

    def shared(self, fetch: Fetch[K, V]) -> Callable[[K], Awaitable[V | None]]:
        """Reading by key for all subscriptions of this process: what they ask at one moment is one statement.

        An event wakes many at once, and a statement for each would take every connection of the room. Nothing is
        remembered.
        """
        loader = self._shared.get(fetch)
        if loader is None:

            async def batch(keys: list[K]) -> list[V | None]:
                found = await fetch(list(dict.fromkeys(keys)))
                return [found.get(key) for key in keys]

            loader = self._shared[fetch] = DataLoader(batch, cache=False)
        load: Callable[[K], Awaitable[V | None]] = loader.load
        return load

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    @property
    def followers(self) -> int:
        """How many of them have begun to read: each is told of whatever happens from now on."""
        return sum(listener.has_begun for listener in self._listeners)

    @asynccontextmanager
    async def listening(self, key: Key) -> AsyncIterator[Listener]:
        """A listener that hears everything from now on; raises Unavailable when Redis does not answer."""
        listener = Listener(key)
        async with self._starting:
            if self._reader is None:
                self._position = await self._last_entry()
                self._reader = asyncio.create_task(self._read())
            self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                await self.aclose()

    async def aclose(self) -> None:
        """Stop reading."""
        reader, self._reader = self._reader, None
        while reader is not None and not reader.done():
            reader.cancel()  # until it has ended: a library in the middle of something may lose one cancellation
            await asyncio.wait({reader}, timeout=0.5)

    async def _last_entry(self) -> str:
        try:
            newest = await self._redis.xrevrange(self._stream, count=1)
        except _OUTAGES as error:
            raise Unavailable("Live updates are not available at the moment; try again.") from error
        return _text(newest[0][0]) if newest else "0-0"

    async def _read(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                await self._read_batch()
                pause = _FIRST_PAUSE_SECONDS
            except Exception as error:
                unexpected = None if isinstance(error, _OUTAGES) else error
                logger.warning("%s: the feed pauses for %.1f s: %s", self._stream, pause, error, exc_info=unexpected)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _read_batch(self) -> None:
        answer = await self._redis.xread({self._stream: self._position}, count=_BATCH, block=_BLOCK_MS)
        pairs = answer.items() if isinstance(answer, Mapping) else answer or ()
        for _, entries in pairs:
            for entry_id, fields in entries:
                self._position = _text(entry_id)
                self._hand_out(fields)

    def _hand_out(self, fields: Mapping[Any, Any]) -> None:
        with contextlib.suppress(KeyError, ValueError, TypeError):  # not an event: the consumers bury it
            event = Event.from_json(orjson.loads(fields[b"event"] if b"event" in fields else fields["event"]))
            for listener in self._listeners:
                listener.hear(event)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
