"""Connections that misbehave: heads without end, upgrades that lead nowhere, and clients that do not wait."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import orjson
import pytest
import uvicorn

from router.executor import SubgraphResponse
from router.gateway import http_protocol
from router.gateway.http_protocol import BoundedHttpProtocol, protocol_settings

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def server(serve: Any) -> AsyncIterator[uvicorn.Server]:
    """A gateway on a real socket."""
    async with serve() as client:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            config = uvicorn.Config(client.app, **protocol_settings(100_000), lifespan="off", log_config=None)
            server = uvicorn.Server(config)
            running = asyncio.create_task(server.serve(sockets=[listener]))
            _, first = await connect(listener.getsockname()[1])
            first.close()
            yield server
            server.should_exit = True
            await running


@pytest.fixture
def port(server: uvicorn.Server) -> int:
    """Where the gateway listens."""
    number: int = server.servers[0].sockets[0].getsockname()[1]
    return number


async def connect(port: int) -> Connection:
    while True:
        with suppress(ConnectionRefusedError):
            return await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.01)


def request(query: str) -> bytes:
    body = orjson.dumps({"query": query})
    head = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % len(body) + body


TOO_LARGE = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9000000\r\n\r\n"


async def test_keep_alive_and_requests_in_pieces(port: int) -> None:
    reader, writer = await connect(port)
    for _ in range(2):
        for byte in request("{ hello }"):
            writer.write(bytes([byte]))
            await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK")
        assert await reader.readexactly(32) == b'{"data":{"hello":"Hello world"}}'
    writer.close()


async def test_a_connection_is_closed_when_it_was_idle_for_its_time(
    server: uvicorn.Server, port: int, village: Any
) -> None:
    """The timer is run by hand: what it does depends on what happened since it was set."""
    arrived, go_on = asyncio.Event(), asyncio.Event()
    people = village.transports["people"].post

    async def wait(*asked: Any) -> SubgraphResponse:
        arrived.set()
        await go_on.wait()
        return await people(*asked)

    async def answer() -> None:
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(32) == b'{"data":{"hello":"Hello world"}}'

    reader, writer = await connect(port)
    writer.write(request("{ hello }"))
    await answer()
    (protocol,) = (found for found in server.server_state.connections if found.transport.get_extra_info("peername"))
    assert isinstance(protocol, BoundedHttpProtocol)
    protocol._end_idle()
    village.transports["people"].post = wait
    writer.write(request("{ hello }"))
    await arrived.wait()
    protocol._idle_since -= 1_000
    protocol._end_idle()
    go_on.set()
    await answer()
    writer.write(request("{ hello }")[:20])
    while protocol._head_timer is None:  # noqa: ASYNC110 - what changes has no event
        await asyncio.sleep(0.001)
    protocol._idle_since -= 1_000
    protocol._end_idle()
    writer.write(request("{ hello }")[20:])
    await answer()
    protocol._end_idle()
    protocol._idle_since -= 1_000
    protocol._end_idle()
    assert await reader.read() == b""
    writer.close()


async def test_a_head_without_end_is_refused(port: int) -> None:
    reader, writer = await connect(port)
    writer.write(b"GET /graphql HTTP/1.1\r\n")
    with suppress(ConnectionError):
        for _ in range(400):
            writer.write(b"x: " + b"y" * 1000 + b"\r\n")
            await writer.drain()
    assert (await reader.read(100)).startswith(b"HTTP/1.1 431 ")
    writer.close()


async def test_a_client_that_is_still_sending_reads_why_it_is_refused(port: int) -> None:
    """Closing at once would reset the connection, and with it throw away the answer."""
    reader, writer = await connect(port)
    writer.write(TOO_LARGE)
    for _ in range(30):
        writer.write(b" " * 100_000)
        await writer.drain()
        await asyncio.sleep(0.01)
    async with asyncio.timeout(20):
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b'"extensions":{"code":"REQUEST_TOO_LARGE"}}]}')
    writer.close()


async def test_a_client_that_never_stops_sending_is_disconnected(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "_MAX_LINGER_SECONDS", 0.05)
    _, writer = await connect(port)
    writer.write(TOO_LARGE)
    async with asyncio.timeout(20):
        with pytest.raises(ConnectionError):
            await send_for_ever(writer)
    writer.close()


async def send_for_ever(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def test_a_head_that_does_not_come_is_not_waited_for(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "_MAX_HEAD_SECONDS", 0.05)
    for beginning in (b"", b"GET /graphql HTT"):
        reader, writer = await connect(port)
        writer.write(beginning)
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize(
    "wanted",
    [
        b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAARAAAAA\r\n",
        b"connection: upgrade\r\nupgrade: websocket\r\n",
        b"upgrade: websocket\r\nconnection: x\r\nconnection: upgrade\r\n",
    ],
)
@pytest.mark.parametrize("piece", [1, 70, 10_000])
async def test_a_post_that_would_rather_upgrade_is_answered(port: int, wanted: bytes, piece: int) -> None:
    """As RFC 9110 §7.8 lets servers; some HTTP clients offer HTTP/2 with every request."""
    reader, writer = await connect(port)
    message = request("{ hello }").replace(b"host: x\r\n", b"host: x\r\n" + wanted)
    sent = message * 2 + request("{ __typename }")
    for start in range(0, len(sent), piece):
        writer.write(sent[start : start + piece])
        await writer.drain()
    async with asyncio.timeout(20):
        for answer in (b'{"data":{"hello":"Hello world"}}',) * 2 + (b'{"data":{"__typename":"Query"}}',):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK")
            assert await reader.readexactly(len(answer)) == answer
    writer.close()


async def test_nobody_is_connected_elsewhere(port: int) -> None:
    reader, writer = await connect(port)
    writer.write(b"CONNECT x.test:80 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n")
    async with asyncio.timeout(20):
        assert (await reader.readline()).startswith(b"HTTP/1.1 4")
    writer.close()


@pytest.mark.parametrize(
    "more", [b"cookie: " + b"a" * 20_000 + b"\r\n", b"".join(b"x-%d: y\r\n" % number for number in range(300))]
)
async def test_a_websocket_that_cannot_be_opened_is_refused(port: int, more: bytes) -> None:
    reader, writer = await connect(port)
    writer.write(
        b"GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
        b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n" + more + b"\r\n"
    )
    async with asyncio.timeout(20):
        assert (await reader.read()).startswith(b"HTTP/1.1 431 ")
    writer.close()


async def test_a_websocket_that_is_still_sending_reads_why_it_is_closed(port: int) -> None:
    reader, writer = await connect(port)
    writer.write(
        b"GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
        b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n"
        b"sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"\x81\xff" + (9_000_000).to_bytes(8, "big") + b"mask")
    for _ in range(30):
        writer.write(b" " * 100_000)
        await writer.drain()
        await asyncio.sleep(0.01)
    async with asyncio.timeout(20):
        frame = await reader.read()
    assert frame[:1] == b"\x88"
    assert int.from_bytes(frame[2:4], "big") == 1009
    writer.close()


@pytest.mark.parametrize(
    ("query", "cancelled"), [("{ hello }", True), ('mutation { rename(id: 1, name: "x") { id } }', False)]
)
async def test_a_query_ends_with_its_client_a_mutation_does_not(
    port: int, village: Any, query: str, cancelled: bool
) -> None:
    arrived, ended, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()
    outcomes: list[bool] = []

    async def wait(body: bytes, headers: Any, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109
        arrived.set()
        try:
            await go_on.wait()
        except asyncio.CancelledError:
            outcomes.append(True)
            ended.set()
            raise
        outcomes.append(False)
        ended.set()
        return SubgraphResponse(200, "application/json", b'{"data":{"rename":null}}')

    village.transports["people"].post = wait
    _, writer = await connect(port)
    writer.write(request(query))
    await asyncio.wait_for(arrived.wait(), 10)
    writer.close()
    if not cancelled:
        await asyncio.sleep(0.4)
        go_on.set()
    await asyncio.wait_for(ended.wait(), 10)
    assert outcomes == [cancelled]
