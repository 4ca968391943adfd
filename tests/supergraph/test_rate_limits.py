"""The shop's router as it is configured, in a process of its own that finds no subgraph behind it (S-003, S-005)."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from subgraphs.kernel.identity import generate_key, public_jwks
from tests.fixtures.identities import Identities
from tests.supergraph.conftest import ROOT, free_port

GUEST = "mutation { createGuestSession { tokens { accessToken } } }"
LOGIN = 'mutation { login(email: "ada@example.com", password: "x") { errors { code } } }'
LOGOUT = "mutation { logout { ok } }"


def environment(folder: Path, identities: Identities, **own: str) -> dict[str, str]:
    keys = folder / "clients.jwks.json"
    keys.write_text(json.dumps(public_jwks([("stoa-auth", generate_key())])))
    inherited = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    return {
        **inherited,
        "STOA_CLIENT_JWKS": str(keys),
        "STOA_ROUTER_KEY": str(identities.service_key("router")),
        "STOA_ACCESS_LOG": "false",
        **own,
    }


def command(port: int) -> list[str]:
    return [sys.executable, "-m", "router", "serve", "--config", "router.yaml", "--port", str(port)]


@asynccontextmanager
async def router(environ: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    port = free_port(1)
    process = subprocess.Popen(command(port), env=environ, cwd=ROOT, stderr=subprocess.DEVNULL)  # noqa: ASYNC220
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http, asyncio.timeout(90):
            while not await is_ready(http):
                assert process.poll() is None
                await asyncio.sleep(0.05)
            yield http
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 30)


async def is_ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/ready")).status_code == 200
    except httpx.TransportError:
        return False


async def ask(http: httpx.AsyncClient, query: str) -> tuple[int, Any]:
    response = await http.post("/graphql", json={"query": query})
    return response.status_code, response.json()["errors"][0]["extensions"].get("limit")


async def test_guests_and_guesses_share_a_limit_that_is_not_everything_else_s(
    tmp_path: Path, redis_url: str, identities: Identities
) -> None:
    own = {"REDIS_URL": redis_url, "STOA_CREDENTIALS_PER_MINUTE": "1"}
    async with router(environment(tmp_path, identities, **own)) as http:
        assert await ask(http, GUEST) == (200, None)
        assert await ask(http, LOGIN) == (429, "credentials")
        assert await ask(http, GUEST) == (429, "credentials")
        assert await ask(http, f"mutation {{ a: {GUEST[11:-2]} b: {GUEST[11:-2]} }}") == (429, "credentials")
        assert await ask(http, LOGOUT) == (200, None)
        assert await ask(http, "{ categories { id } }") == (200, None)


async def test_limits_can_be_switched_off(tmp_path: Path, redis_url: str, identities: Identities) -> None:
    own = {"REDIS_URL": redis_url, "STOA_CREDENTIALS_PER_MINUTE": "1", "STOA_RATE_LIMITS": "false"}
    async with router(environment(tmp_path, identities, **own)) as http:
        assert [await ask(http, GUEST) for _ in range(3)] == [(200, None)] * 3


def test_the_shop_s_router_does_not_start_without_redis_in_its_configuration(
    tmp_path: Path, identities: Identities
) -> None:
    ended = subprocess.run(
        command(free_port(1)),
        env=environment(tmp_path, identities),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode != 0
    assert "needs the environment variable REDIS_URL, which is not set" in ended.stderr
