"""A token is worth nothing once its session has ended (S-004), and what holds while Redis is away."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from router.gateway.config import IdentityConfig, SessionConfig
from tests.router.gateway.test_identity import ask, key_file, token

__all__ = ["key_file"]

NOWHERE = "redis://127.0.0.1:1"


def identity(key_file: Any, url: str, **settings: Any) -> IdentityConfig:
    return IdentityConfig("issuer", "shop", jwks_file=key_file, session=SessionConfig(url, **settings))


async def test_every_request_asks_for_the_session(serve: Any, key_file: Any, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as store:
        store.set("session:s-1", "u-1")
        async with serve(identity=identity(key_file, redis_url)) as client:
            text = f"Bearer {token()}"
            assert (await ask(client, "{ hello }", text)).status_code == 200
            store.delete("session:s-1")
            ended = await ask(client, "{ hello }", text)
            assert ended.status_code == 401
            assert ended.json()["errors"][0]["message"] == "The session has ended."
            assert (await ask(client, "{ hello }", f"Bearer {token(sid=None)}")).status_code == 401
            assert (await ask(client, "{ hello }", None)).status_code == 200


@pytest.mark.parametrize(("policy", "status"), [("deny", 503), ("allow", 200)])
async def test_while_redis_is_away(serve: Any, key_file: Any, policy: str, status: int) -> None:
    async with serve(identity=identity(key_file, NOWHERE, on_redis_down=policy)) as client:
        response = await ask(client, "{ hello }", f"Bearer {token()}")
        assert response.status_code == status
        if status == 503:
            assert response.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
            assert response.headers["retry-after"] == "1"
        assert (await ask(client, "{ hello }", None)).status_code == 200
        ready = await client.get("/ready")
        assert (ready.status_code, ready.json()["checks"]["sessions"]) == (503, False)
