"""Who may subscribe, and for how long: tokens from init payloads, sessions in a real Redis, tokens that expire."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from router.gateway.config import IdentityConfig, SessionConfig, SubscriptionsConfig
from router.gateway.subscriptions import registry
from tests.router.gateway.subscriptions.births import BORN, router
from tests.router.gateway.test_identity import key_file, token

__all__ = ["key_file"]

QUICK = SubscriptionsConfig(session_check_seconds=0.05)


def identity(key_file: Path, url: str | None = None, **settings: Any) -> IdentityConfig:
    session = None if url is None else SessionConfig(url, **settings)
    return IdentityConfig("issuer", "shop", jwks_file=key_file, session=session, leeway=0)


async def test_the_token_comes_with_the_first_message(key_file: Path) -> None:
    async with router(identity=identity(key_file)) as running:
        text = f"Bearer {token()}"
        for payload in ({"Authorization": text}, {"headers": {"authorization": text}, "other": 7}):
            async with running.socket(init=payload) as client:
                await client.subscribe("{ person(id: 1) { email } }")
                assert (await client.hear())["payload"] == {"data": {"person": {"email": "ada@example.org"}}}
        async with running.socket(additional_headers={"authorization": text}) as client:
            await client.subscribe("{ person(id: 1) { email } }")
            assert "errors" not in (await client.hear())["payload"]
        async with running.socket() as client:
            await client.subscribe("{ person(id: 1) { email } }")
            assert (await client.hear())["payload"]["data"] == {"person": {"email": None}}


async def test_a_bad_token_is_refused_at_once(key_file: Path) -> None:
    async with router(identity=identity(key_file)) as running, running.socket(init=None) as client:
        await client.say({"type": "connection_init", "payload": {"authorization": "Bearer nonsense"}})
        code, reason = await client.closed()
        assert (code, reason) == (4403, "The access token is not valid.")


@pytest.mark.parametrize("how", ["websocket", "sse"])
async def test_a_subscription_ends_with_its_session(key_file: Path, redis_url: str, how: str) -> None:
    with redis.Redis.from_url(redis_url) as store:
        store.set("session:s-1", "u-1")
        store.set("session:s-2", "u-2")
        async with router(identity=identity(key_file, redis_url), subscriptions=QUICK) as running:
            kept = {"authorization": f"Bearer {token(sid='s-2', sub='u-2')}"}
            ended = {"authorization": f"Bearer {token()}"}
            async with running.socket(init=kept) as other, running.socket() as nobody:
                await other.subscribe(BORN)
                await nobody.subscribe(BORN)
                if how == "websocket":
                    async with running.socket(init=ended) as client:
                        await client.subscribe(BORN)
                        await running.births.until_followed(3)
                        store.delete("session:s-1")
                        message = await client.hear()
                        assert (message["id"], message["type"]) == ("a", "error")
                        error = message["payload"][0]
                        assert (error["message"], error["extensions"]["code"]) == (
                            "The session has ended.",
                            "UNAUTHENTICATED",
                        )
                        await client.subscribe("{ hello }")
                        assert (await client.hear())["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"
                else:
                    headers = {"accept": "text/event-stream", **ended}
                    async with (
                        httpx.AsyncClient(timeout=20) as http,
                        http.stream("POST", running.url, json={"query": BORN}, headers=headers) as response,
                    ):
                        await running.births.until_followed(3)
                        store.delete("session:s-1")
                        text = (await response.aread()).decode()
                        assert "The session has ended." in text
                        assert text.endswith("event: complete\ndata: \n\n")
                await running.births.until_left(2)
                await running.births.tell("1")
                for client in (other, nobody):
                    assert (await client.hear())["payload"] == {"data": {"born": {"id": "1"}}}


async def test_a_subscription_ends_with_its_token(key_file: Path) -> None:
    async with router(identity=identity(key_file), subscriptions=QUICK) as running:
        payload = {"authorization": f"Bearer {token(exp=int(time.time()) + 2)}"}
        async with running.socket(init=payload) as client:
            await client.subscribe(BORN)
            await running.births.until_followed()
            error = (await client.hear())["payload"][0]
            assert error["message"] == "The access token has expired."
            await running.births.until_left()


async def test_while_sessions_cannot_be_checked(
    key_file: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_SESSIONS_GRACE_SECONDS", 0.3)
    with redis.Redis.from_url(redis_url) as store:
        store.set("session:s-1", "u-1")
        async with router(identity=identity(key_file, redis_url), subscriptions=QUICK) as running:
            payload = {"authorization": f"Bearer {token()}"}
            async with running.socket(init=payload) as client, running.socket() as nobody:
                await client.subscribe(BORN)
                await nobody.subscribe(BORN)
                await running.births.until_followed(2)
                store.execute_command("CLIENT", "PAUSE", "3000")
                error = (await client.hear())["payload"][0]
                assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"
                await running.births.until_left(1)
                await running.births.tell("1")
                assert (await nobody.hear())["type"] == "next"
                await asyncio.to_thread(store.execute_command, "CLIENT", "UNPAUSE")
