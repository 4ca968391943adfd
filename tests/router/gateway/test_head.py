"""HEAD is answered as GET is, without the body (RFC 9110 §9.3.2); 204 has no length (§8.6); HTTP/1.1 needs one Host."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import uvicorn

from router.gateway.config import CorsConfig, GraphiQLConfig, SubscriptionsConfig
from router.gateway.http_protocol import protocol_settings

QUERIES = [
    "{ hello }",
    "{ nothing }",
    "subscription { born { id } }",
    'mutation { rename(id: "1", name: "x") { name } }',
    '{ person(id: "1") { name ... @defer { notes { text } } } }',
]
ACCEPTED = [
    None,
    "*/*",
    "application/json",
    "application/graphql-response+json",
    "multipart/mixed",
    "multipart/mixed;deferSpec=20220824",
    "multipart/mixed;subscriptionSpec=1.0",
    "application/json, multipart/mixed",
    "text/event-stream",
    "text/html",
    "image/png",
]


@pytest.fixture
async def port(serve: Any) -> AsyncIterator[int]:
    """Where a gateway listens."""
    cors = CorsConfig(("https://shop.example",))
    async with serve(cors=cors, graphiql=GraphiQLConfig(enabled=True), subscriptions=SubscriptionsConfig()) as client:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            server = uvicorn.Server(
                uvicorn.Config(client.app, **protocol_settings(100_000), lifespan="off", log_config=None)
            )
            running = asyncio.create_task(server.serve(sockets=[listener]))
            yield listener.getsockname()[1]
            server.should_exit = True
            await running


@pytest.mark.parametrize("accept", ACCEPTED)
@pytest.mark.parametrize("query", QUERIES)
async def test_head_is_get_without_a_body(port: int, query: str, accept: str | None) -> None:
    url = f"http://127.0.0.1:{port}/graphql?query={quote(query)}"
    found = []
    async with httpx.AsyncClient(timeout=20) as client:
        del client.headers["accept"]
        headers = {} if accept is None else {"accept": accept}
        for method in ("GET", "HEAD"):
            async with client.stream(method, url, headers=headers) as response:
                body = b"" if method == "GET" else await response.aread()
            assert body == b""
            sent = {
                name: value
                for name, value in response.headers.items()
                if name not in ("date", "x-request-id", "transfer-encoding")
            }
            found.append((response.status_code, sent))
    assert found[0] == found[1]


@pytest.mark.parametrize("query", ["{ hello }", "{ nothing }", "{"])
async def test_a_page_of_another_site_may_read_what_is_sent_whole_to_others(port: int, query: str) -> None:
    found = []
    async with httpx.AsyncClient(timeout=20) as client:
        for headers in ({}, {"origin": "https://shop.example"}, {"origin": "https://other.example"}):
            response = await client.post(f"http://127.0.0.1:{port}/graphql", json={"query": query}, headers=headers)
            sent = {name: value for name, value in response.headers.items() if name not in ("date", "x-request-id")}
            found.append((response.status_code, sent, response.content))
    cors = [found[1][1].pop(f"access-control-{name}") for name in ("allow-origin", "expose-headers")]
    assert cors[0] == "https://shop.example"
    assert "x-request-id" in cors[1]
    assert found[0] == found[1] == found[2]


async def raw(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return answer


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
async def test_no_content_has_no_length(port: int, version: bytes) -> None:
    answer = await raw(port, b"OPTIONS /graphql HTTP/%b\r\nhost: x\r\nconnection: close\r\n\r\n" % version)
    assert answer.split(b" ", 2)[1] == b"204"
    assert b"\r\nallow: GET, HEAD, OPTIONS, POST\r\n" in answer
    assert b"content-length" not in answer.lower()
    assert b"transfer-encoding" not in answer.lower()
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("version", "headers", "status"),
    [
        (b"1.1", b"host: x\r\n", b"200"),
        (b"1.1", b"HOST: x\r\n", b"200"),
        (b"1.1", b"host:\r\n", b"200"),
        (b"1.1", b"", b"400"),
        (b"1.1", b"x-host: x\r\n", b"400"),
        (b"1.1", b"host: x\r\nhost: y\r\n", b"400"),
        (b"1.1", b"upgrade: h2c\r\n", b"400"),
        (b"1.1", b"host: x\r\nupgrade: h2c\r\n", b"200"),
        (b"1.0", b"", b"200"),
        (b"1.0", b"host: x\r\n", b"200"),
        (b"1.0", b"host: x\r\nhost: x\r\n", b"400"),
    ],
)
async def test_one_host(port: int, version: bytes, headers: bytes, status: bytes) -> None:
    connection = b"connection: close, upgrade\r\n" if b"upgrade" in headers else b"connection: close\r\n"
    request = b"GET /graphql?query=%%7Bhello%%7D HTTP/%b\r\n%b%b\r\n" % (version, headers, connection)
    assert (await raw(port, request)).split(b" ", 2)[1] == status
