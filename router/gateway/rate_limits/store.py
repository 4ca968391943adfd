"""Asks Redis, in one round trip for all requests that wait meanwhile.

One question is under way at a time; what comes while it is belongs to the next. So a busy router pays for a fraction of
a Redis command per request, and needs one connection. While Redis is away nobody waits for it: after a failure it is
left alone for a second.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from router.gateway.config import RateLimitsConfig
from router.gateway.rate_limits.script import SCRIPT

__all__ = ["RateStore"]

_MOST_ASKED = 64
"""Requests in one question: bounds how long Redis does nothing else."""
_PAUSE_SECONDS = 1.0
_LOG_SECONDS = 30.0

_log = logging.getLogger("router.rates")

Waits = Sequence[int]


class _Asked:
    """A request that waits."""

    __slots__ = ("answer", "arguments", "keys")

    def __init__(self, keys: list[str], arguments: list[int], answer: asyncio.Future[Waits | None]) -> None:
        self.keys = keys
        self.arguments = arguments
        self.answer = answer


class RateStore:
    """Counts in the Redis that is configured. Used on one event loop."""

    def __init__(self, config: RateLimitsConfig) -> None:
        self._redis: Redis = Redis(
            connection_pool=BlockingConnectionPool.from_url(
                config.redis_url,
                max_connections=1,
                timeout=config.timeout,
                socket_timeout=config.timeout,
                socket_connect_timeout=config.timeout,
                retry=Retry(NoBackoff(), 0),  # what was not answered may have been counted
            )
        )
        self._script = self._redis.register_script(SCRIPT)
        self._waiting: list[_Asked] = []
        self._work: asyncio.Task[None] | None = None
        self._away_until = float("-inf")
        self._told_at = float("-inf")
        self._is_away = False

    @property
    def is_resting(self) -> bool:
        """Whether Redis failed a moment ago and is not asked."""
        return self._is_away and asyncio.get_running_loop().time() < self._away_until

    def ask(self, keys: list[str], arguments: list[int]) -> asyncio.Future[Waits | None]:
        """For each key by how many microseconds a request comes too early; it is counted if that is so for none.

        ``arguments`` are interval, burst and cost of each key. None: Redis is away, and nothing was counted, or
        nobody knows.
        """
        answer: asyncio.Future[Waits | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Asked(keys, arguments, answer))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._run())
        return answer

    async def close(self) -> None:
        """Answer who waits, which the timeout bounds, and close the connection."""
        if self._work is not None:
            await self._work
        await self._redis.aclose()
        await self._redis.connection_pool.disconnect()

    async def _run(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting[:_MOST_ASKED], self._waiting[_MOST_ASKED:]
            asked = [each for each in asked if not each.answer.done()]  # some clients have left
            try:
                waits = await self._waits(asked)
            except Exception as error:
                for each in asked:
                    if not each.answer.done():
                        each.answer.set_exception(error)
                continue
            first = 0
            for each in asked:
                last = first + len(each.keys)
                if not each.answer.done():
                    each.answer.set_result(None if waits is None else waits[first:last])
                first = last

    async def _waits(self, asked: list[_Asked]) -> Waits | None:
        if self.is_resting:
            return None
        keys: list[str] = []
        arguments: list[int] = []
        for each in asked:
            keys += each.keys
            arguments.append(len(each.keys))
            arguments += each.arguments
        try:
            waits: Waits = await self._script(keys, arguments)
        except (RedisError, OSError) as error:
            self._rest(error)
            return None
        if self._is_away:
            self._is_away = False
            _log.warning("Redis is back: rates are limited again.")
        return waits

    def _rest(self, error: Exception) -> None:
        """Leave Redis alone for a while; the log is told now and then."""
        now = asyncio.get_running_loop().time()
        self._is_away, self._away_until = True, now + _PAUSE_SECONDS
        if now - self._told_at >= _LOG_SECONDS:
            self._told_at = now
            _log.warning("Redis is away, rates are not limited: %s", error)
