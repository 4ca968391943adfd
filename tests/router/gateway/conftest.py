"""A gateway over the village, asked through its ASGI interface with real HTTP messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest

from router.gateway.app import Gateway, create_app
from router.gateway.config import GatewayConfig, TelemetryConfig
from tests.router.gateway.village import SUPERGRAPH, Village

Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def village() -> Village:
    return Village()


@pytest.fixture
def serve(village: Village) -> Serve:
    """Start a gateway with the settings given by name; the client's ``app`` attribute is the gateway."""

    @asynccontextmanager
    async def start(grants: Any = None, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
        settings.setdefault("telemetry", TelemetryConfig(access_log=False))
        hook = {} if grants is None else {"grants": grants}
        app = create_app(GatewayConfig(**settings), SUPERGRAPH, village.transports, **hook)
        async with (
            app.router.lifespan_context(app),
            GatewayClient(app) as client,
        ):
            yield client

    return start


class GatewayClient(httpx.AsyncClient):
    """Sends no Accept header of its own, as the audits want it."""

    def __init__(self, app: Gateway) -> None:
        super().__init__(transport=httpx.ASGITransport(app), base_url="http://router.test")
        del self.headers["accept"]
        self.app = app

    async def ask(self, query: str, **rest: Any) -> dict[str, Any]:
        """POST an operation and return the JSON answer."""
        headers = rest.pop("headers", {})
        response = await self.post("/graphql", json={"query": query, **rest}, headers=headers)
        answer: dict[str, Any] = response.json()
        return answer


@pytest.fixture
async def client(serve: Serve) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway with default settings."""
    async with serve() as started:
        yield started
