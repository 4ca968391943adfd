"""Following a room's subscriptions as the router does, in the same process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from types import ModuleType
from typing import Any
from uuid import UUID

import orjson

from router.executor.streams import AsgiStreams, StreamRefused
from subgraphs.kernel.consumer import Consumer
from subgraphs.kernel.outbox import Relay
from tests.fixtures.rooms import RoomClient, StartRoom


class Events:
    """One subscription."""

    def __init__(self, stream: AsyncGenerator[bytes, None], first: asyncio.Future[bytes]) -> None:
        self._stream = stream
        self._first = first

    @property
    def silent(self) -> bool:
        """Whether it has told nothing at all so far, not even that it is refused."""
        return not self._first.done()

    async def answer(self) -> dict[str, Any]:
        """The next event as it is, or the errors that end the subscription."""
        try:
            async with asyncio.timeout(30):
                answer: dict[str, Any] = orjson.loads(await anext(self._stream))
        except StreamRefused as refused:
            return {"errors": refused.errors}
        return answer

    async def next(self) -> dict[str, Any]:
        """``data`` of the next event, which must have no errors."""
        async with asyncio.timeout(30):
            answer = orjson.loads(await anext(self._stream))
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def refusal(self) -> str:
        """The code of the error that ends it."""
        try:
            answer = await self.next()
        except StreamRefused as refused:
            code: str = refused.errors[0]["extensions"]["code"]
            return code
        raise AssertionError(f"not refused: {answer}")


def stream(
    client: RoomClient, query: str, variables: Mapping[str, Any] | None = None, authorization: str | None = None
) -> AsyncGenerator[bytes, None]:
    headers = [] if authorization is None else [(b"authorization", authorization.encode())]
    return AsgiStreams(client.app).follow(orjson.dumps({"query": query, "variables": variables or {}}), headers)


@asynccontextmanager
async def following(
    client: RoomClient,
    query: str,
    variables: Mapping[str, Any] | None = None,
    *,
    as_user: UUID | None = None,
    as_guest: UUID | None = None,
    as_service: str | None = None,
    scopes: Iterable[str] = (),
) -> AsyncIterator[Events]:
    """Subscribe, and wait until the room listens: what happens in the block is heard."""
    authorization = None
    if as_service is not None:
        authorization = client.identities.service(as_service)
    elif as_guest is not None:
        authorization = client.identities.user(as_guest, kind="guest")
    elif as_user is not None or scopes:
        authorization = client.identities.user(as_user, scopes=scopes)
    feed = client.room.feed
    assert feed is not None
    before = set(feed._listeners)  # not how many: one that ends meanwhile would stand for the new one
    async with aclosing(stream(client, query, variables, authorization)) as opened:
        # a generator runs only while somebody waits for it: its first event is awaited in a task
        first = asyncio.ensure_future(anext(opened))
        try:
            deadline = time.monotonic() + 30
            while feed._listeners <= before and not first.done():
                assert time.monotonic() < deadline, "the room does not listen"
                await asyncio.sleep(0.005)
            yield Events(_joined(first, opened), first)
        finally:
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)


async def _joined(first: asyncio.Future[bytes], rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    yield await first
    async for event in rest:
        yield event


@asynccontextmanager
async def live(start_room: StartRoom, name: str, app: ModuleType, redis_url: str) -> AsyncIterator[RoomClient]:
    """A room with the background work that its events pass through: the relay, and a consumer if it listens."""
    async with start_room(name, app.create_app, redis=redis_url) as client:
        metrics = client.app.metrics
        work = [asyncio.create_task(Relay(client.room.database, client.room.redis, metrics).run())]
        if app.ROOM.listens:
            work.append(asyncio.create_task(Consumer(client.room, app.ROOM.listens, metrics).run()))
        try:
            yield client
        finally:
            pending = set(work)
            while pending:  # a library in the middle of something may lose one cancellation
                for task in pending:
                    task.cancel()
                _, pending = await asyncio.wait(pending, timeout=0.5)
