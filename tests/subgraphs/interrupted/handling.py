"""Every handler of a room, interrupted at every call of its consumer: whole with its inbox row, or not there at all.

The consumer is the real one. It comes back to the event by itself, and the stream tells the event once more; the end is
always the same.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any
from uuid import UUID

import orjson

from subgraphs.kernel import consumer as consumer_module
from subgraphs.kernel.consumer import Consumer
from subgraphs.kernel.events import Event, Listens, stream_name
from subgraphs.kernel.metrics import RoomMetrics
from tests.fixtures.rooms import RoomClient
from tests.subgraphs.interrupted.ledger import Ledger
from tests.subgraphs.interrupted.stepping import Step, Stepped
from tests.subgraphs.interrupted.work import Names, Work, Works

Happening = Callable[[], Awaitable[Mapping[str, Any]]]
"""Makes rows of its own ready; answers the facts of an event that its handler has something to do about."""
_ROUNDS = 20
_OF_THE_CONSUMER = ("redis", "BEGIN", "SELECT set_config")
_LETTERS = "SELECT count(*) FROM dead_letters WHERE consumer = $1"


class SteppedConsumer(Consumer):
    """A consumer that rests when its streams are empty; nobody else's entries are there to be claimed."""

    def __init__(self, client: RoomClient, listens: Sequence[Listens], stepped: Stepped) -> None:
        super().__init__(client.room, listens, RoomMetrics(client.room.name))
        self._stepped = stepped
        self._next_claim = math.inf
        self.idle = False

    async def step(self, block_ms: int | None = None) -> int:
        handled = await super().step()
        if not handled:
            self.idle = True
            await self._stepped.rest()
            self.idle = False
        return handled


class Hearing:
    """A room whose consumer runs, one round at a time."""

    def __init__(self, client: RoomClient, consumer: SteppedConsumer, stepped: Stepped) -> None:
        self._redis: Any = client.room.redis
        self._consumer = consumer
        self._stepped = stepped
        self._first = True

    def work(self, item: Listens, happening: Happening) -> Work:
        """The consumer's own calls are the same for every event: they are interrupted for the first."""
        first, self._first = self._first, False

        async def prepare() -> tuple[Event, Names]:
            facts = await happening()
            event = Event(item.type, f"x:{facts.get('user_id')}", facts)
            await self._tell(item, event)
            return event, {str(event.event_id): "event"} | {
                value: key for key, value in facts.items() if isinstance(value, str) and _is_id(value)
            }

        async def attempt(event: Event) -> None:
            await self._stepped.round()

        async def carry_on(event: Event) -> None:
            await self._come_to_rest()
            await self._tell(item, event)
            await self._stepped.round()
            await self._come_to_rest()

        async def acknowledged(event: Event) -> None:
            pending = await self._redis.xpending(stream_name(item.service), self._consumer.group)
            assert pending["pending"] == 0, "an entry is not acknowledged"

        return Work(
            prepare,
            attempt,
            carry_on,
            code=item.handler.__qualname__,
            endless=True,
            ends=acknowledged,
            interrupts=lambda call: first or not call.text.startswith(_OF_THE_CONSUMER),
        )

    async def _tell(self, item: Listens, event: Event) -> None:
        await self._redis.xadd(stream_name(item.service), {"event": orjson.dumps(event.to_json())})

    async def _come_to_rest(self) -> None:
        for _ in range(_ROUNDS):
            if self._consumer.idle:
                return
            await self._stepped.round()
        raise AssertionError("the consumer does not come to rest")


@asynccontextmanager
async def hearing(client: RoomClient, step: Step) -> AsyncIterator[Hearing]:
    """The room's consumer, at rest."""
    stepped = step(consumer_module.__name__)
    listens = import_module(f"subgraphs.{client.room.name}.app").ROOM.listens
    consumer = SteppedConsumer(client, listens, stepped)
    async with stepped.running(consumer.run()):
        yield Hearing(client, consumer, stepped)


async def try_handlers(
    client: RoomClient, step: Step, happenings: Mapping[tuple[str, str], Sequence[Happening]]
) -> None:
    """Try every handler that the room has; a new one fails here until something happens that it is about."""
    room = import_module(f"subgraphs.{client.room.name}.app").ROOM
    listens = {(item.service, item.type): item for item in room.listens}
    assert set(listens) == set(happenings)
    works = Works(Ledger([client.room.database]))
    async with hearing(client, step) as heard:
        for key, ways in happenings.items():
            for happening in ways:
                work = heard.work(listens[key], happening)
                await works.one(f"{key[1]} of {key[0]}, {happening.__name__}", work)
    works.judge()
    assert await client.room.database.fetch_value(_LETTERS, client.room.name) == 0


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
