"""Hot catalog reads kept in Redis: never older than the last committed change that this process has heard of (S-126).

One hash per product, category, SKU or slug holds what was read of it, one field per reading. Whoever misses a field
gets a lease on it, reads the database and stores the value if the lease still stands; others wait for that a moment,
in the same process without asking Redis, so a stampede is one statement. A change deletes the hash with its values and
leases, so that a reading begun before the change cannot be stored after it. While nobody tells this process of
changes, or Redis does not answer, the cache is not ``trusted`` and every reading goes to the database: slower, never
wrong.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import uuid4

from pydantic import TypeAdapter
from redis.asyncio import Redis
from redis.exceptions import RedisError

logger = logging.getLogger("stoa.product.cache")

K = TypeVar("K")
V = TypeVar("V")
Fetch = Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]

_PREFIX = "{catalog}"  # a hash tag: one script may touch any of the keys, in a cluster too
_KEPT_MS = 60_000
_LEASE_MS = 2_000
_WAIT_SECONDS = 0.9  # with it a reader may get what was read before it came: still no older than a second
_POLL_SECONDS = 0.01
_LONGEST_KEY = 255
_REDIS_SECONDS = 0.25
_FAULTS = (RedisError, OSError, TimeoutError)

_GET_OR_LEASE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local field, token, kept, lease = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local found = {}
for index, key in ipairs(KEYS) do
    local value = redis.call('HGET', key, 'value:' .. field)
    if value then
        found[index] = value
    else
        local held = redis.call('HGET', key, 'lease:' .. field)
        if held and tonumber(string.match(held, '%d+$')) > now then
            found[index] = 'wait'
        else
            redis.call('HSET', key, 'lease:' .. field, token .. ' ' .. (now + lease))
            if redis.call('PTTL', key) < 0 then redis.call('PEXPIRE', key, kept) end
            found[index] = 'read'
        end
    end
end
return found
"""
_STORE = """
local field, token = ARGV[1], ARGV[2]
for index, key in ipairs(KEYS) do
    local held = redis.call('HGET', key, 'lease:' .. field)
    if held and string.sub(held, 1, #token) == token then
        redis.call('HDEL', key, 'lease:' .. field)
        if ARGV[index + 2] ~= '' then redis.call('HSET', key, 'value:' .. field, ARGV[index + 2]) end
    end
end
"""


class CatalogCache:
    """The cache as one process of the room sees it."""

    def __init__(self, redis: Redis) -> None:
        self.trusted = False
        """Whether changes reach this process; set by who listens to them, after :meth:`empty`."""
        self._redis = redis
        self._reading: dict[tuple[str, str, object], asyncio.Future[Any]] = {}
        self._get_or_lease = redis.register_script(_GET_OR_LEASE)
        self._store = redis.register_script(_STORE)

    @classmethod
    def at(cls, url: str) -> CatalogCache:
        """A cache on its own connections, which give up early: the database is the alternative."""
        return cls(Redis.from_url(url, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS))

    async def aclose(self) -> None:
        await self._redis.aclose()

    async def read(
        self, kind: str, field: str, codec: TypeAdapter[V], fetch: Fetch[K, V], keys: Sequence[K]
    ) -> Mapping[K, V]:
        """Values of ``keys`` as ``fetch`` would answer them; what it leaves out is not remembered."""
        if not self.trusted or any(len(str(key)) > _LONGEST_KEY for key in keys):
            return await fetch(keys)
        joined = {key: reading for key in keys if (reading := self._reading.get((kind, field, key))) is not None}
        found = await self._lead(kind, field, codec, fetch, [key for key in keys if key not in joined])
        if joined:
            await asyncio.wait(joined.values(), timeout=_WAIT_SECONDS)
            answers = {key: reading.result() if reading.done() else None for key, reading in joined.items()}
            found |= {key: answer[key] for key, answer in answers.items() if answer is not None and key in answer}
            if failed := [key for key, answer in answers.items() if answer is None]:
                found |= await fetch(failed)
        return found

    async def forget(self, keys: Iterable[tuple[str, str]]) -> None:
        """Drop everything known of these (kind, key) pairs, and let nobody join a reading of them."""
        keys = set(keys)
        for name in [name for name in self._reading if (name[0], str(name[2])) in keys]:
            del self._reading[name]
        if names := sorted({_name(kind, key) for kind, key in keys}):
            await self._redis.unlink(*names)

    async def forget_kind(self, kind: str) -> None:
        """Drop everything known of any object of a kind."""
        for name in [name for name in self._reading if name[0] == kind]:
            del self._reading[name]
        await self._drop(f"{_PREFIX}:{kind}:*")

    async def empty(self) -> None:
        """Drop everything: changes may have been missed."""
        await self._drop(f"{_PREFIX}:*")

    # -- how -------------------------------------------------------------------------------------------------------

    async def _lead(
        self, kind: str, field: str, codec: TypeAdapter[V], fetch: Fetch[K, V], keys: list[K]
    ) -> dict[K, V]:
        """Read keys that others of this process may wait for; they get nothing if this fails."""
        if not keys:
            return {}
        reading: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        names = [(kind, field, key) for key in keys]
        self._reading.update(dict.fromkeys(names, reading))
        found: dict[K, V] | None = None
        try:
            found = await self._read(kind, field, codec, fetch, keys)
            return found
        finally:
            reading.set_result(found)
            for name in names:
                if self._reading.get(name) is reading:
                    del self._reading[name]

    async def _read(
        self, kind: str, field: str, codec: TypeAdapter[V], fetch: Fetch[K, V], keys: list[K]
    ) -> dict[K, V]:
        token = uuid4().hex
        try:
            found, leased, awaited = await self._look_up(kind, field, codec, keys, token)
            if awaited:
                late, more, awaited = await self._wait(kind, field, codec, awaited, token)
                found |= late
                leased += more
        except _FAULTS as fault:
            self._distrust(fault)
            return dict(await fetch(keys))
        if missing := [*leased, *awaited]:
            read = await fetch(missing)
            found |= read
            encoded = [codec.dump_json(read[key]) if key in read else b"" for key in leased]
            await self._keep(kind, field, leased, encoded, token)
        return found

    async def _look_up(
        self, kind: str, field: str, codec: TypeAdapter[V], keys: Sequence[K], token: str
    ) -> tuple[dict[K, V], list[K], list[K]]:
        """What is known; what this reader is to read; what another one is reading."""
        names = [_name(kind, key) for key in keys]
        answers = await self._get_or_lease(keys=names, args=[field, token, _KEPT_MS, _LEASE_MS])
        found: dict[K, V] = {}
        leased, awaited = [], []
        for key, answer in zip(keys, answers, strict=True):
            if answer == b"read":
                leased.append(key)
            elif answer == b"wait":
                awaited.append(key)
            else:
                found[key] = codec.validate_json(answer)
        return found, leased, awaited

    async def _wait(
        self, kind: str, field: str, codec: TypeAdapter[V], keys: list[K], token: str
    ) -> tuple[dict[K, V], list[K], list[K]]:
        """Like :meth:`_look_up` after the other readers had a moment; what they leave open is theirs to store."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _WAIT_SECONDS
        found: dict[K, V] = {}
        leased: list[K] = []
        pause = _POLL_SECONDS
        while keys and loop.time() < deadline:
            await asyncio.sleep(pause)
            pause *= 2
            late, more, keys = await self._look_up(kind, field, codec, keys, token)
            found |= late
            leased += more
        return found, leased, keys

    async def _keep(self, kind: str, field: str, keys: Sequence[object], encoded: list[bytes], token: str) -> None:
        """Store what was read under this token's leases; an empty value only gives its lease back."""
        if not keys:
            return
        try:
            await self._store(keys=[_name(kind, key) for key in keys], args=[field, token, *encoded])
        except _FAULTS as fault:
            self._distrust(fault)

    async def _drop(self, pattern: str) -> None:
        async for name in self._redis.scan_iter(match=pattern, count=1000):
            await self._redis.unlink(name)

    def _distrust(self, fault: BaseException) -> None:
        self.trusted = False
        logger.warning("the catalog is read without its cache: %s", fault)


def _name(kind: str, key: object) -> str:
    return f"{_PREFIX}:{kind}:{key}"
