"""Whether a session is alive: one GET of ``session:{sid}`` in Redis per authenticated request."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from router.gateway.config import SessionConfig

__all__ = ["SessionStore", "SessionsUnavailableError"]

_MAX_CONNECTIONS = 64
_MOST_KEYS = 1000

_log = logging.getLogger("router.identity")


class SessionsUnavailableError(Exception):
    """Redis does not answer and the configuration says to let nobody in without it."""


class SessionStore:
    """Reads the sessions that the token issuer writes."""

    def __init__(self, config: SessionConfig) -> None:
        self._config = config
        self._redis: Redis = Redis(
            connection_pool=BlockingConnectionPool.from_url(
                config.redis_url,
                max_connections=_MAX_CONNECTIONS,
                timeout=config.timeout,
                socket_timeout=config.timeout,
                socket_connect_timeout=config.timeout,
            )
        )

    async def is_alive(self, session: str) -> bool:
        """Raises ``SessionsUnavailableError`` when Redis is away and the policy is ``deny``."""
        try:
            return await self._redis.get(self._config.prefix + session) is not None
        except (RedisError, OSError) as error:
            if self._config.on_redis_down == "allow":
                _log.warning("Redis is away, the session is taken for alive: %s", error)
                return True
            raise SessionsUnavailableError from error

    async def ended(self, sessions: Sequence[str]) -> frozenset[str]:
        """Those that are not alive; raises like ``is_alive``."""
        ended: list[str] = []
        try:
            for start in range(0, len(sessions), _MOST_KEYS):
                asked = sessions[start : start + _MOST_KEYS]
                found = await self._redis.mget([self._config.prefix + session for session in asked])
                ended += [session for session, value in zip(asked, found, strict=True) if value is None]
        except (RedisError, OSError) as error:
            if self._config.on_redis_down == "allow":
                return frozenset()
            raise SessionsUnavailableError from error
        return frozenset(ended)

    async def ping(self) -> bool:
        """Whether Redis answers."""
        try:
            await self._redis.ping()
        except (RedisError, OSError):
            return False
        return True

    async def close(self) -> None:
        """Close all connections."""
        await self._redis.aclose()
        await self._redis.connection_pool.disconnect()
