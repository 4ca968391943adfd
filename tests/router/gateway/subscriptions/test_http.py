"""Subscriptions over HTTP answers that stay open: server-sent events and Apollo's multipart protocol, byte for byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from router.gateway.config import SubscriptionsConfig
from tests.router.gateway.subscriptions.births import BORN, Running, router
from tests.router.gateway.village import SUPERGRAPH

SSE = "text/event-stream"
MULTIPART = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json"
JSON = "application/json"


class Answer:
    """An answer as it comes in."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.status = response.status_code
        self.type = response.headers["content-type"]
        self._parts = response.aiter_raw()

    async def hear(self, length: int) -> bytes:
        """The next bytes: at least ``length``, and no more than came with the last of them."""
        found = b""
        async with asyncio.timeout(20):
            while len(found) < length:
                found += await anext(self._parts)
        return found

    async def rest(self) -> bytes:
        async with asyncio.timeout(20):
            return b"".join([part async for part in self._parts])


@asynccontextmanager
async def ask(running: Running, accept: str, query: str = BORN, **rest: Any) -> AsyncIterator[Answer]:
    headers = {"accept": accept, **rest.pop("headers", {})}
    async with (
        httpx.AsyncClient(timeout=20) as client,
        client.stream("POST", running.url, json={"query": query, **rest}, headers=headers) as response,
    ):
        yield Answer(response)


def event(json: bytes) -> bytes:
    return b"event: next\ndata: " + json + b"\n\n"


def part(json: bytes) -> bytes:
    return b"\r\ncontent-type: application/json\r\n\r\n" + json + b"\r\n--graphql"


async def test_server_sent_events() -> None:
    async with router() as running, ask(running, SSE) as answer:
        assert (answer.status, answer.type) == (200, "text/event-stream; charset=utf-8")
        assert answer.response.headers["cache-control"] == "no-store"
        assert answer.response.headers["x-accel-buffering"] == "no"
        assert await answer.hear(3) == b":\n\n"
        await running.births.until_followed()
        for key in (b"1", b"2"):
            await running.births.tell(key.decode())
            expected = event(b'{"data":{"born":{"id":"' + key + b'"}}}')
            assert await answer.hear(len(expected)) == expected
        await running.births.say({"id": "1", "type": "complete"})
        assert await answer.rest() == b"event: complete\ndata: \n\n"
        await running.births.until_left()


async def test_multipart() -> None:
    async with router() as running, ask(running, MULTIPART) as answer:
        assert (answer.status, answer.type) == (200, 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0')
        assert await answer.hear(11) == b"\r\n--graphql"
        await running.births.until_followed()
        await running.births.tell("1")
        expected = part(b'{"payload":{"data":{"born":{"id":"1"}}}}')
        assert await answer.hear(len(expected)) == expected
        await running.births.say({"id": "1", "type": "complete"})
        assert await answer.rest() == b"--\r\n"


async def test_heartbeats_while_nothing_happens() -> None:
    settings = SubscriptionsConfig(sse_heartbeat=0.02, multipart_heartbeat=0.02)
    async with router(subscriptions=settings) as running:
        async with ask(running, SSE) as answer:
            assert await answer.hear(9) in (b":\n\n" * 3, b":\n\n" * 4)
        async with ask(running, MULTIPART) as answer:
            assert (await answer.hear(100)).startswith(b"\r\n--graphql" + part(b"{}") + part(b"{}"))


async def test_a_get_may_subscribe() -> None:
    async with router() as running, httpx.AsyncClient(timeout=20) as client:
        headers = {"accept": SSE}
        async with client.stream("GET", running.url, params={"query": BORN}, headers=headers) as response:
            await running.births.until_followed()
            await running.births.tell("1")
            answer = Answer(response)
            assert b'"born"' in await answer.hear(10)
        await running.births.until_left()
        forged = await client.get(
            running.url, params={"query": BORN}, headers={**headers, "sec-fetch-site": "cross-site"}
        )
        assert (forged.status_code, forged.json()["errors"][0]["extensions"]["code"]) == (400, "CSRF_PREVENTION")
        refused = await client.get(
            running.url, params={"query": 'mutation { erase(id: "1") }'}, headers={"accept": SSE}
        )
        assert refused.status_code == 405


async def test_a_client_that_leaves_ends_the_stream() -> None:
    async with router() as running:
        for accept in (SSE, MULTIPART):
            async with ask(running, accept) as answer:
                await running.births.until_followed()
                assert answer.status == 200
            await running.births.until_left()
        assert len(running.app.subscriptions) == 0


async def test_who_reads_nothing_but_events_is_told_everything_as_events() -> None:
    async with router() as running:
        async with ask(running, SSE, "{ nothing }") as answer:
            text = await answer.rest()
            assert (answer.status, answer.type) == (200, "text/event-stream; charset=utf-8")
            assert text.startswith(b'event: next\ndata: {"errors":[')
            assert text.endswith(b"\n\nevent: complete\ndata: \n\n")
        async with ask(running, SSE, "{ hello }") as answer:
            assert await answer.rest() == event(b'{"data":{"hello":"Hello world"}}') + b"event: complete\ndata: \n\n"


@pytest.mark.parametrize("accept", [MULTIPART, f"{SSE}, {JSON}"])
async def test_what_fails_before_the_stream_is_an_ordinary_answer(accept: str) -> None:
    async with router() as running, ask(running, accept, "subscription { nothing }") as answer:
        assert answer.type.startswith("application/json")
        assert b"GRAPHQL_VALIDATION_FAILED" in await answer.rest()


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (f"{SSE}, {MULTIPART}", "text/event-stream; charset=utf-8"),
        (f"{MULTIPART}, {SSE}", 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'),
        (f"{SSE};q=0.5, {MULTIPART}", 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'),
        (f"application/graphql-response+json, {JSON}, {SSE}, multipart/mixed", "text/event-stream; charset=utf-8"),
        (f"{JSON}, multipart/mixed", "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
        (f"{SSE};q=0, {JSON}", "application/json; charset=utf-8"),
    ],
)
async def test_the_client_chooses_the_framing(accept: str, kind: str) -> None:
    async with router() as running, ask(running, accept) as answer:
        assert answer.type == kind
        if kind.startswith("application/json"):
            assert answer.status == 200 or answer.status == 400
            assert b"SUBSCRIPTION_NOT_SUPPORTED" in await answer.rest()


async def test_errors_of_a_subgraphs_stream_are_the_last_that_is_said() -> None:
    refusal = {"id": "1", "type": "error", "payload": [{"message": "No.", "extensions": {"code": "FORBIDDEN"}}]}
    error = b'[{"message":"No.","extensions":{"code":"FORBIDDEN","service":"people"}}]'
    async with router() as running:
        async with ask(running, SSE) as answer:
            await running.births.until_followed()
            await running.births.say(refusal)
            assert (await answer.rest()) == b":\n\n" + event(b'{"errors":' + error + b"}") + (
                b"event: complete\ndata: \n\n"
            )
        async with ask(running, MULTIPART) as answer:
            await running.births.until_followed()
            await running.births.say(refusal)
            assert (await answer.rest()) == b"\r\n--graphql" + part(
                b'{"payload":null,"errors":' + error + b"}"
            ) + b"--\r\n"


async def test_a_new_supergraph_and_the_end_of_the_process_end_streams_properly() -> None:
    async with router() as running:
        async with ask(running, MULTIPART) as answer:
            await running.births.until_followed()
            await running.app.reload(SUPERGRAPH)
            text = await answer.rest()
            assert b"SUBSCRIPTION_SCHEMA_RELOAD" in text
            assert text.endswith(b"\r\n--graphql--\r\n")
        async with ask(running, SSE) as answer:
            await running.births.until_followed()
            running.app.drain()
            text = await answer.rest()
            assert b"SERVICE_UNAVAILABLE" in text
            assert text.endswith(b"event: complete\ndata: \n\n")
        async with ask(running, f"{SSE}, {JSON}") as answer:
            assert answer.status == 503
