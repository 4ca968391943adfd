"""A service's settings, read once from the environment (S-084, D33).

Every variable is looked for under the room's prefix first (``AUTH_DATABASE_HOST``) and then without it
(``DATABASE_HOST``), so six services can share one process or own one each.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOMS = ("auth", "user", "product", "order", "payment", "notification")


class SettingsError(Exception):
    """The environment cannot start this service; the message is one sentence for its operator."""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where one PostgreSQL database is and how it may be used (S-079 to S-083)."""

    host: str  # a host name or the directory of a Unix socket
    port: int
    name: str
    user: str
    password: str = field(default="", repr=False)
    application_name: str = "stoa"
    pool_min: int = 2
    pool_max: int = 10
    acquire_timeout: float = 2.0
    idle_lifetime: float = 30.0
    max_queries: int = 7500
    statement_timeout_ms: int = 30_000
    lock_timeout_ms: int = 5_000
    idle_in_transaction_timeout_ms: int = 30_000

    def connect_arguments(self) -> dict[str, object]:
        """Keyword arguments of ``asyncpg.connect`` that say where, not how."""
        return {
            "host": self.host,
            "port": self.port,
            "database": self.name,
            "user": self.user,
            "password": self.password or None,
        }


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """Everything one service needs to start."""

    room: str
    database: DatabaseSettings
    redis_url: str | None = field(default=None, repr=False)
    peers: Mapping[str, str] = field(default_factory=dict)  # room -> base URL
    service_key: Path | None = None  # this service's private key: JWK or PEM
    trusted_jwks: Path | None = None  # public keys whose kid is the issuer's name
    expose_sql: bool = False
    peer_timeout: float = 2.0
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)  # the environment, for a room's own adapters

    @classmethod
    def from_env(cls, room: str, environ: Mapping[str, str] | None = None) -> RoomSettings:
        """Settings of ``room``; raises :class:`SettingsError` naming the first missing or malformed variable."""
        variables = _Variables(room, os.environ if environ is None else environ)
        return cls(
            room=room,
            database=_database_settings(variables),
            redis_url=variables.get("REDIS_URL"),
            peers={peer: url for peer in ROOMS if peer != room and (url := variables.get(f"{peer.upper()}_URL"))},
            service_key=variables.path("STOA_SERVICE_KEY"),
            trusted_jwks=variables.path("STOA_TRUSTED_JWKS"),
            expose_sql=variables.get("STOA_EXPOSE_SQL") == "1",
            peer_timeout=variables.integer("STOA_PEER_TIMEOUT", 2),
            variables=variables.environ,
        )

    def variable(self, name: str, default: str | None = None) -> str | None:
        """A room-specific variable, prefixed name first: ``settings.variable("SMTP_URL")``."""
        value = _Variables(self.room, self.variables).get(name)
        return default if value is None else value


@dataclass(frozen=True, slots=True)
class _Variables:
    room: str
    environ: Mapping[str, str]

    def get(self, name: str) -> str | None:
        prefixed = f"{self.room.upper()}_{name}"
        return self.environ.get(prefixed) or self.environ.get(name) or None

    def path(self, name: str) -> Path | None:
        value = self.get(name)
        return Path(value) if value else None

    def required(self, name: str, meaning: str) -> str:
        value = self.get(name)
        if value is None:
            raise SettingsError(f"{self.room.upper()}_{name} (or {name}) is not set; it must be {meaning}.")
        return value

    def integer(self, name: str, default: int) -> int:
        value = self.get(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit():
            raise SettingsError(f"{self.room.upper()}_{name} (or {name}) must be a number, not {value!r}.")
        return int(value)


def _database_settings(variables: _Variables) -> DatabaseSettings:
    room = variables.room
    return DatabaseSettings(
        host=variables.required("DATABASE_HOST", "the PostgreSQL host or socket directory"),
        port=variables.integer("DATABASE_PORT", 5432),
        name=variables.get("DATABASE_NAME") or f"{room}_db",
        user=variables.get("DATABASE_USER") or f"{room}_svc",
        password=variables.get("DATABASE_PASSWORD") or "",
        application_name=f"stoa-{room}",
        pool_min=variables.integer("DATABASE_POOL_MIN", 2),
        pool_max=variables.integer("DATABASE_POOL_MAX", 10),
    )
