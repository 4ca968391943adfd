"""Settings come from the environment, prefixed name first (S-084, D33)."""

from __future__ import annotations

from pathlib import Path

import pytest

from subgraphs.kernel.settings import RoomSettings, SettingsError


def test_prefixed_names_win_over_plain_ones() -> None:
    settings = RoomSettings.from_env(
        "auth",
        {
            "DATABASE_HOST": "shared.example",
            "AUTH_DATABASE_HOST": "/run/auth",
            "DATABASE_PORT": "5433",
            "REDIS_URL": "redis://r",
            "PRODUCT_URL": "http://product",
            "AUTH_URL": "http://self",
            "STOA_TRUSTED_JWKS": "/keys/trusted.json",
        },
    )
    assert (settings.database.host, settings.database.port) == ("/run/auth", 5433)
    assert (settings.database.name, settings.database.user) == ("auth_db", "auth_svc")
    assert settings.redis_url == "redis://r"
    assert settings.peers == {"product": "http://product"}
    assert settings.trusted_jwks == Path("/keys/trusted.json")


def test_limits_default_to_the_documented_ones() -> None:
    database = RoomSettings.from_env("order", {"DATABASE_HOST": "h"}).database
    assert (database.port, database.pool_min, database.pool_max) == (5432, 2, 10)
    assert (database.acquire_timeout, database.idle_lifetime, database.max_queries) == (2.0, 30.0, 7500)
    assert database.statement_timeout_ms == 30_000


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({}, "AUTH_DATABASE_HOST (or DATABASE_HOST) is not set; it must be the PostgreSQL host or socket directory."),
        (
            {"DATABASE_HOST": "h", "AUTH_DATABASE_PORT": "many"},
            "AUTH_DATABASE_PORT (or DATABASE_PORT) must be a number, not 'many'.",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_said_in_one_sentence(environ: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        RoomSettings.from_env("auth", environ)
    assert str(raised.value) == message


def test_a_room_reads_its_own_variables() -> None:
    settings = RoomSettings.from_env("payment", {"DATABASE_HOST": "h", "PAYMENT_PROVIDER_URL": "http://p"})
    assert settings.variable("PROVIDER_URL") == "http://p"
    assert settings.variable("OTHER", "default") == "default"
