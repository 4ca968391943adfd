"""Two router processes count in one Redis; and what they do without it (S-003, S-005)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.fixtures.redis import RedisServer, running_redis
from tests.router.hostile.village import Router, serving

ADMITTED = 20


def settings(url: str, timeout: float = 30.0, policy: str = "allow") -> str:
    """Limits of which nothing comes back while a test runs."""
    rate = f"{{operations: {ADMITTED}, seconds: 86400}}"
    return f"""
rate_limits:
  redis_url: {url}
  timeout: {timeout}
  on_redis_down: {policy}
  query: {{caller: {rate}, address: {rate}}}
"""


@asynccontextmanager
async def routers(folder: Path, count: int, text: str) -> AsyncIterator[list[Router]]:
    async with AsyncExitStack() as running:
        folders = [folder / f"{number}" for number in range(count)]
        for own in folders:
            own.mkdir()
        yield [await running.enter_async_context(serving(own, settings=text)) for own in folders]


def url(router: Router) -> str:
    return f"http://127.0.0.1:{router.port}/graphql"


async def status(http: httpx.AsyncClient, router: Router) -> int:
    response = await http.post(url(router), json={"query": "{ hello }"})
    if response.status_code == 429:
        assert int(response.headers["retry-after"]) > 0
        assert response.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    else:
        assert response.json() == {"data": {"hello": "Hello world"}}
    return response.status_code


async def test_fifty_at_once_through_two_routers_are_counted_right(tmp_path: Path, redis_url: str) -> None:
    limits = httpx.Limits(max_connections=50)
    async with (
        routers(tmp_path, 2, settings(redis_url)) as (first, second),
        httpx.AsyncClient(timeout=60, limits=limits) as http,
    ):
        found = await asyncio.gather(*(status(http, (first, second)[n % 2]) for n in range(50)))
        assert Counter(found) == {200: ADMITTED, 429: 50 - ADMITTED}
        assert await asyncio.gather(*(status(http, router) for router in (first, second))) == [429, 429]
        told = [(await http.get(url(router).replace("/graphql", "/metrics"))).text for router in (first, second)]
        refused = 'router_rate_limit_decisions_total{limit="query",outcome="refused"} '
        assert all(refused in text for text in told)


@pytest.fixture
def own_redis(worker_id: str) -> Iterator[RedisServer]:
    """A server that a test may stop."""
    with running_redis(f"rates-{worker_id}") as server:
        yield server


async def until(http: httpx.AsyncClient, router: Router, wanted: int) -> None:
    """The router may go on for a second as it did."""
    async with asyncio.timeout(60):
        while await status(http, router) != wanted:  # noqa: ASYNC110 - another process has no event to wait for
            await asyncio.sleep(0.01)


async def counted(http: httpx.AsyncClient, router: Router, outcome: str) -> float:
    page = (await http.get(url(router).replace("/graphql", "/metrics"))).text
    name = f'router_rate_limit_decisions_total{{limit="query",outcome="{outcome}"}} '
    return sum(float(line.removeprefix(name)) for line in page.splitlines() if line.startswith(name))


async def test_without_redis_nobody_is_limited_until_it_is_back(tmp_path: Path, own_redis: RedisServer) -> None:
    text = settings(own_redis.url, timeout=5.0)
    async with routers(tmp_path, 1, text) as (router,), httpx.AsyncClient(timeout=60) as http:
        assert Counter([await status(http, router) for _ in range(ADMITTED + 2)]) == {200: ADMITTED, 429: 2}
        own_redis.kill()
        await until(http, router, 200)
        assert [await status(http, router) for _ in range(2 * ADMITTED)] == [200] * 2 * ADMITTED
        assert await counted(http, router, "unchecked") == 2 * ADMITTED + 1
        assert router.log.count("Redis is away, rates are not limited") == 1
        ready = await http.get(url(router).replace("/graphql", "/ready"))
        assert ready.status_code == 200  # it serves
        own_redis.start()
        await until(http, router, 429)
        assert await counted(http, router, "allowed") == 2 * ADMITTED  # it began anew: the server had kept nothing
        assert router.log.count("Redis is back") == 1


async def test_a_redis_that_hangs_is_not_waited_for_again(tmp_path: Path) -> None:
    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer)

    opened: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(hang, "127.0.0.1", 0)
    text = settings(f"redis://127.0.0.1:{silent.sockets[0].getsockname()[1]}", timeout=0.2)
    async with routers(tmp_path, 1, text) as (router,), httpx.AsyncClient(timeout=60) as http:
        assert [await status(http, router) for _ in range(2 * ADMITTED)] == [200] * 2 * ADMITTED
        assert 1 <= len(opened) < ADMITTED  # one try a second, not one for each request
    for writer in opened:
        writer.close()
    silent.close()


async def test_without_redis_everybody_is_refused_where_that_is_wanted(tmp_path: Path) -> None:
    text = settings("redis://127.0.0.1:1", policy="deny")
    async with routers(tmp_path, 1, text) as (router,), httpx.AsyncClient(timeout=60) as http:
        for _ in range(3):
            response = await http.post(url(router), json={"query": "{ hello }"})
            assert (response.status_code, response.headers["retry-after"]) == (503, "1")
            assert response.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        assert await counted(http, router, "denied") == 3
