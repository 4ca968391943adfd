"""Many requests in one question: each gets its own answer, whoever has left meanwhile."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator

import pytest
import redis

from router.gateway.config import RateLimitsConfig
from router.gateway.rate_limits.store import RateStore

MINUTE = 60_000_000


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[RateStore]:
    store = RateStore(RateLimitsConfig(redis_url, timeout=30.0))
    yield store
    await store.close()


def request(source: random.Random, number: int) -> tuple[list[str], list[int], list[int]]:
    """Keys that nobody else has, the arguments, and what Redis has to say of them."""
    keys, arguments, waits = [], [], []
    for key in range(source.randint(1, 3)):
        interval, operations, cost = source.randint(1, 9) * MINUTE, source.randint(1, 9), source.randint(1, 9)
        keys.append(f"r:{number}:{key}")
        arguments += [interval, interval * operations, cost]
        waits.append((cost - operations) * interval)
    return keys, arguments, waits


def questions(redis_url: str) -> int:
    """How many scripts Redis has run since it was started, for whichever test."""
    with redis.Redis.from_url(redis_url) as server:
        return int(server.info("commandstats").get("cmdstat_evalsha", {"calls": 0})["calls"])


@pytest.mark.parametrize("seed", range(5))
async def test_answers_come_to_who_asked(store: RateStore, redis_url: str, seed: int) -> None:
    source = random.Random(seed)  # noqa: S311 - not for secrets
    requests = [request(source, number) for number in range(300)]
    before = questions(redis_url)
    asked = []
    for keys, arguments, _ in requests:
        asked.append(store.ask(keys, arguments))
        if source.random() < 0.05:
            await asyncio.sleep(0)  # a question goes off
        if source.random() < 0.2:
            source.choice(asked).cancel()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for (_, _, waits), answer in zip(requests, answers, strict=True):
        assert isinstance(answer, asyncio.CancelledError) or answer == waits
    with redis.Redis.from_url(redis_url) as counted:
        kept = set(counted.keys("r:*"))
    for (keys, _, waits), answer in zip(requests, answers, strict=True):
        if answer == waits:
            assert {key.encode() in kept for key in keys} == {max(waits) <= 0}
    assert questions(redis_url) - before < 100


async def test_a_redis_that_refuses_to_write_is_away(
    store: RateStore, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert await store.ask(["k"], [MINUTE, MINUTE, 1]) == [0]
    with redis.Redis.from_url(redis_url) as server, caplog.at_level(logging.WARNING, logger="router.rates"):
        server.config_set("maxmemory", 1)  # nothing is evicted
        try:
            answers = await asyncio.gather(*(store.ask([f"k{n}"], [MINUTE, MINUTE, 1]) for n in range(200)))
            assert set(answers) == {None}
            assert store.is_resting
        finally:
            server.config_set("maxmemory", 0)
        assert len(caplog.messages) == 1
        async with asyncio.timeout(60):
            while await store.ask(["k"], [MINUTE, MINUTE, 1]) is None:  # noqa: ASYNC110 - it goes by its own clock
                await asyncio.sleep(0.01)
        assert not store.is_resting
        assert caplog.messages[1:] == ["Redis is back: rates are limited again."]


async def test_closing_answers_who_waits(redis_url: str) -> None:
    store = RateStore(RateLimitsConfig(redis_url, timeout=30.0))
    asked = [store.ask([f"k{n}"], [MINUTE, MINUTE, 1]) for n in range(150)]
    await store.close()
    assert [await each for each in asked] == [[0]] * 150
