"""Router processes in front of a fleet, and customers who come in through them with an access token."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from redis.asyncio import Redis

from ops.local.processes import environment_of
from subgraphs.kernel.identity import generate_key, public_jwks, sign_identity
from tests.supergraph.conftest import ROOT, free_port
from tests.supergraph.fleet import Fleet

_ISSUER, _AUDIENCE = "stoa-auth", "stoa"
_SESSION = "gates"
_START_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Gates:
    """Started routers by URL."""

    urls: tuple[str, ...]
    _key: Ed25519PrivateKey

    def token(self, user: UUID) -> str:
        """The Authorization header of a customer whose session is alive."""
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": str(user),
            "sid": _SESSION,
            "kind": "user",
            "role": "CUSTOMER",
            "scopes": [],
        }
        return f"Bearer {sign_identity(self._key, claims, seconds=3600)}"


@asynccontextmanager
async def gates(fleet: Fleet, count: int) -> AsyncIterator[Gates]:
    """So many router processes, in the end stopped."""
    key = generate_key()
    keys = fleet.directory / "clients.jwks.json"
    keys.write_text(json.dumps(public_jwks([(_ISSUER, key)])))
    environ = {
        **environment_of("router", fleet.environ),
        "STOA_CLIENT_JWKS": str(keys),
        "STOA_ROUTER_KEY": str(fleet.identities.service_key("router")),
        "STOA_ACCESS_LOG": "false",
    }
    async with Redis.from_url(fleet.environ["REDIS_URL"]) as redis:
        await redis.set(f"session:{_SESSION}", "1")
    first = free_port(count)
    urls = tuple(f"http://127.0.0.1:{first + n}" for n in range(count))
    processes: list[subprocess.Popen[bytes]] = []
    try:
        processes += [_start(fleet, environ, first + n) for n in range(count)]
        for url in urls:
            await _wait_until_ready(url, fleet)
        yield Gates(urls, key)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            await asyncio.to_thread(process.wait, 30)


def _start(fleet: Fleet, environ: dict[str, str], port: int) -> subprocess.Popen[bytes]:
    command = ["-m", "router", "serve", "--config", "router.yaml", "--host", "127.0.0.1", "--port", str(port)]
    with (fleet.directory / "routers.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, *command], env=environ, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )


async def _wait_until_ready(url: str, fleet: Fleet) -> None:
    deadline = time.monotonic() + _START_SECONDS
    async with httpx.AsyncClient(timeout=2) as http:
        while time.monotonic() < deadline:
            try:
                if (await http.get(f"{url}/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
    raise RuntimeError(f"the router is not ready:\n{fleet.log('routers')}")
