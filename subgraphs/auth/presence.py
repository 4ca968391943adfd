"""Adapter to Redis: which sessions are alive, and everything there is about guests (S-004).

``session:{sid}`` exists exactly while a session may be used; the router looks it up for every request, so deleting it
ends a session at once although its access token still verifies. Sessions of users can be restored from PostgreSQL by
their refresh token; guests live here alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
from redis.exceptions import RedisError

from subgraphs.auth.domain import GUEST_TOKEN_PREFIX, REFRESH_TOKEN_LIFETIME, REUSE_GRACE, mint_token, token_digest
from subgraphs.kernel.refusals import Unavailable

# Reads a guest's refresh token and leaves it no more than the grace to live; once only, or use would prolong it.
_TAKE_GUEST_LUA = """
local owner = redis.call('GET', KEYS[1])
if owner and redis.call('TTL', KEYS[1]) > tonumber(ARGV[1]) then
    redis.call('EXPIRE', KEYS[1], ARGV[1])
end
return owner
"""


@dataclass(frozen=True, slots=True)
class GuestSession:
    """An anonymous principal with its session and the refresh token that renews it."""

    guest_id: UUID
    session_id: UUID
    refresh_token: str


class Presence:
    """Live sessions. Every method raises Unavailable when Redis does not answer."""

    def __init__(self, redis: Any) -> None:
        self._redis = redis

    async def open(self, session_id: UUID, subject: UUID, kind: str, lifetime: timedelta) -> None:
        """Make a session usable, or keep it usable, for `lifetime`."""
        await self._run(self._redis.set(_session_key(session_id), _opened(subject, kind), ex=lifetime))

    async def end(self, session_ids: Collection[UUID]) -> None:
        """Make sessions unusable from the next request on."""
        if session_ids:
            await self._run(self._redis.delete(*map(_session_key, session_ids)))

    async def alive(self, session_id: UUID) -> bool:
        """Whether a session is usable."""
        return bool(await self._run(self._redis.exists(_session_key(session_id))))

    async def opened_at(self, session_id: str) -> datetime | None:
        """When a session was opened or last renewed; None when it is not alive."""
        value = await self._run(self._redis.get(f"session:{session_id}"))
        return None if value is None else datetime.fromisoformat(orjson.loads(value)["opened_at"])

    async def open_guest(self) -> GuestSession:
        """Make a new guest with a session."""
        return await self._guest(uuid4(), uuid4())

    async def renew_guest(self, refresh_token: str) -> GuestSession | None:
        """Exchange a guest's refresh token; None when it is unknown or its session was ended.

        The old token works for the grace of a double tap and is gone then. There is no detection of reuse: a guest
        has nothing to steal but a basket.
        """
        value = await self._run(
            self._redis.eval(_TAKE_GUEST_LUA, 1, _guest_key(refresh_token), int(REUSE_GRACE.total_seconds()))
        )
        if value is None:
            return None
        owner = orjson.loads(value)
        guest_id, session_id = UUID(owner["guest_id"]), UUID(owner["session_id"])
        return await self._guest(guest_id, session_id) if await self.alive(session_id) else None

    async def _guest(self, guest_id: UUID, session_id: UUID) -> GuestSession:
        token = mint_token(GUEST_TOKEN_PREFIX)
        owner = orjson.dumps({"guest_id": str(guest_id), "session_id": str(session_id)})
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.set(_guest_key(token.value), owner, ex=REFRESH_TOKEN_LIFETIME)
            pipeline.set(_session_key(session_id), _opened(guest_id, "guest"), ex=REFRESH_TOKEN_LIFETIME)
            await self._run(pipeline.execute())
        return GuestSession(guest_id, session_id, token.value)

    async def _run(self, command: Any) -> Any:
        try:
            return await command
        except (RedisError, OSError) as error:
            raise Unavailable("The store of live sessions does not answer.") from error


def _session_key(session_id: UUID) -> str:
    return f"session:{session_id}"


def _guest_key(refresh_token: str) -> str:
    return f"guest_refresh:{token_digest(refresh_token)}"


def _opened(subject: UUID, kind: str) -> bytes:
    return orjson.dumps({"sub": str(subject), "kind": kind, "opened_at": datetime.now(UTC).isoformat()})
