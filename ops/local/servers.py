"""PostgreSQL and Redis for a local stack, embedded or the operator's own, as the environment the services read.

An embedded server is started unless the environment names an existing one: ``DATABASE_HOST`` (or every
``<ROOM>_DATABASE_HOST``) and ``REDIS_URL`` (S-084, D33). An existing server is never changed beyond migrations and seed
data: its six databases and roles are the operator's (``stoa bootstrap`` makes them).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import asyncpg
import redis

from ops.local.databases import create_databases
from ops.local.directory import DataDirectory
from ops.local.errors import StartError
from ops.local.postgres import embedded_postgres
from ops.local.redis import embedded_redis
from ops.local.secrets import Keys, Passwords
from ops.rooms import ROOMS, database_name, role_name
from subgraphs.kernel.settings import RoomSettings

__all__ = ["database_variables", "has_own_postgres", "key_environment", "servers"]


@contextmanager
def servers(directory: DataDirectory, environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Run what is not there already; gives the variables that lead to both servers.

    Raises ``StartError`` when an existing server cannot be reached.
    """
    with ExitStack() as running:
        found: dict[str, str] = {}
        if has_own_postgres(environ):
            found |= {name: value for name, value in environ.items() if "DATABASE_" in name}
            asyncio.run(_check_postgres({**environ, **found}))
        else:
            passwords = Passwords(directory.passwords)
            cluster = running.enter_context(embedded_postgres(directory.postgres, passwords.of("postgres")))
            asyncio.run(create_databases(cluster, passwords.of))
            for room in ROOMS:
                found |= database_variables(room, cluster.host, cluster.port, passwords.of(role_name(room)))
        if url := environ.get("REDIS_URL"):
            _check_redis(url)
            found["REDIS_URL"] = url
        else:
            found["REDIS_URL"] = running.enter_context(embedded_redis(directory.redis))
        yield found


def key_environment(keys: Keys) -> dict[str, str]:
    """The variables that lead the services and the router to their keys."""
    found = {f"{room.upper()}_STOA_SERVICE_KEY": str(keys.private(room)) for room in ROOMS}
    found["STOA_TRUSTED_JWKS"] = str(keys.trusted)
    found["STOA_CLIENT_JWKS"] = str(keys.clients)
    found["STOA_ROUTER_KEY"] = str(keys.private("router"))
    return found


def has_own_postgres(environ: Mapping[str, str]) -> bool:
    """Whether the environment names an existing PostgreSQL for every room."""
    return "DATABASE_HOST" in environ or all(f"{room.upper()}_DATABASE_HOST" in environ for room in ROOMS)


def database_variables(room: str, host: str, port: int, password: str) -> dict[str, str]:
    """The variables that lead one room to its database."""
    prefix = f"{room.upper()}_DATABASE_"
    return {
        f"{prefix}HOST": host,
        f"{prefix}PORT": str(port),
        f"{prefix}NAME": database_name(room),
        f"{prefix}USER": role_name(room),
        f"{prefix}PASSWORD": password,
    }


async def _check_postgres(environ: Mapping[str, str]) -> None:
    for room in ROOMS:
        database = RoomSettings.from_env(room, environ).database
        try:
            connection = await asyncpg.connect(**database.connect_arguments(), timeout=5)
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            raise StartError(
                f"The database {database.name} at {database.host}:{database.port} cannot be used as {database.user}: "
                f"{reason}. Check {room.upper()}_DATABASE_* or DATABASE_*, or unset them to use the embedded server."
            ) from error
        await connection.close(timeout=5)


def _check_redis(url: str) -> None:
    try:
        client = redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3)
        try:
            client.ping()
        finally:
            client.close()
    except (redis.RedisError, ValueError, OSError) as error:
        raise StartError(
            f"The Redis that REDIS_URL names does not answer: {error}. "
            "Mend REDIS_URL, or unset it to use the embedded one."
        ) from error
