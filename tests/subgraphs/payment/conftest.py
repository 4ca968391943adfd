"""The payment room started with a simulator that the tests can look into."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
import uvicorn

from subgraphs.payment.app import create_app
from subgraphs.payment.http_provider import HttpProvider
from subgraphs.payment.simulator import SECRET, WEBHOOK_SECRET, Simulator
from tests.fixtures.rooms import RoomClient, StartRoom
from tests.supergraph.conftest import free_port

_OUTCOME = "{ state paymentId declineCode nextActionUrl }"
AUTHORIZE = f"""mutation($order: ID!, $user: ID!, $amount: Decimal!, $currency: String!, $method: ID, $token: String,
                         $key: ID!) {{
  authorizePayment(orderId: $order, userId: $user, amount: $amount, currency: $currency, paymentMethodId: $method,
                   paymentToken: $token, idempotencyKey: $key) {_OUTCOME}
}}"""
CAPTURE = f"mutation($order: ID!, $key: ID!) {{ captureForOrder(orderId: $order, idempotencyKey: $key) {_OUTCOME} }}"
VOID = f"mutation($order: ID!, $key: ID!) {{ voidForOrder(orderId: $order, idempotencyKey: $key) {_OUTCOME} }}"


class Till:
    """The payment room as the order service uses it."""

    def __init__(self, client: RoomClient, simulator: Simulator) -> None:
        self.client = client
        self.simulator = simulator

    def asked(self, order: UUID, user: UUID, **changes: Any) -> dict[str, Any]:
        variables = {
            "order": str(order),
            "user": str(user),
            "amount": "45.99",
            "currency": "USD",
            "token": "tok_visa",
            "key": f"{order}:1",
        }
        return {**variables, **changes}

    async def authorize(self, order: UUID, user: UUID, **changes: Any) -> dict[str, Any]:
        data = await self.client.query(AUTHORIZE, self.asked(order, user, **changes), as_service="order")
        outcome: dict[str, Any] = data["authorizePayment"]
        return outcome

    async def capture(self, order: UUID) -> str:
        data = await self.client.query(CAPTURE, {"order": str(order), "key": "c"}, as_service="order")
        return str(data["captureForOrder"]["state"])

    async def void(self, order: UUID) -> str:
        data = await self.client.query(VOID, {"order": str(order), "key": "v"}, as_service="order")
        return str(data["voidForOrder"]["state"])

    async def paid(self, user: UUID) -> UUID:
        """An order that ``user`` has paid."""
        order = uuid4()
        await self.authorize(order, user)
        assert await self.capture(order) == "CAPTURED"
        return order

    async def pause(self) -> None:
        await asyncio.sleep(0.02)


@asynccontextmanager
async def served(simulator: Simulator) -> AsyncIterator[str]:
    """The address of a simulator behind a socket; it is closed at the end."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(simulator.app(), port=port, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    await simulator.aclose()
    server.should_exit = True
    await serving


@pytest.fixture
async def till(start_room: StartRoom) -> AsyncIterator[Till]:
    async with start_room("payment", create_app) as client:
        own = client.room.resources
        simulator = Simulator()
        client.room.resources = HttpProvider("simulator", simulator.app(), SECRET, WEBHOOK_SECRET, timeout=60)
        yield Till(client, simulator)
        await client.room.resources.aclose()
        await simulator.aclose()
        client.room.resources = own
