"""Calls to siblings: bounded in time whatever the transport, and spared to one that keeps failing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from subgraphs.kernel.circuit import FAILURES, OPEN_SECONDS, Circuit
from subgraphs.kernel.service_client import PeerRefused, PeerUnavailable, ServiceClient


class Sibling:
    """A peer that answers as it is told."""

    def __init__(self) -> None:
        self.mode = "ok"
        self.calls = 0

    async def answer(self, _: Request) -> Response:
        self.calls += 1
        if self.mode == "hang":
            await asyncio.sleep(30)
        if self.mode == "refuse":
            return JSONResponse({"errors": [{"message": "no", "extensions": {"code": "NO"}}]})
        if self.mode == "busy":
            return JSONResponse({"errors": [{"message": "db", "extensions": {"code": "SERVICE_UNAVAILABLE"}}]})
        return JSONResponse({"data": {"ok": True}}, status_code=500 if self.mode == "fail" else 200)


@pytest.fixture
def sibling() -> Sibling:
    return Sibling()


@pytest.fixture
async def client(sibling: Sibling) -> AsyncIterator[ServiceClient]:
    app: Any = Starlette(routes=[Route("/graphql", sibling.answer, methods=["POST"])])
    made = ServiceClient("sibling", app, None, timeout=0.1)
    yield made
    await made.aclose()


async def test_silence_ends_also_without_a_network(client: ServiceClient, sibling: Sibling) -> None:
    sibling.mode = "hang"
    with pytest.raises(PeerUnavailable):
        await client.execute("{ ok }")


@pytest.mark.parametrize("mode", ["fail", "busy", "hang"])
async def test_a_failing_sibling_is_left_alone_and_tried_again(
    client: ServiceClient, sibling: Sibling, mode: str
) -> None:
    now = 0.0
    client.circuit = Circuit(lambda: now)
    sibling.mode = mode
    for _ in range(FAILURES + 3):
        with pytest.raises(PeerUnavailable):
            await client.execute("{ ok }")
    assert sibling.calls == FAILURES
    now += OPEN_SECONDS
    for _ in range(2):
        with pytest.raises(PeerUnavailable):
            await client.execute("{ ok }")
    assert sibling.calls == FAILURES + 1  # one tried, and found it still failing
    sibling.mode = "ok"
    now += OPEN_SECONDS
    assert [await client.execute("{ ok }") for _ in range(3)] == [{"ok": True}] * 3


async def test_a_refusal_is_an_answer_and_opens_nothing(client: ServiceClient, sibling: Sibling) -> None:
    sibling.mode = "refuse"
    for _ in range(FAILURES * 2):
        with pytest.raises(PeerRefused):
            await client.execute("{ ok }")
    assert sibling.calls == FAILURES * 2
