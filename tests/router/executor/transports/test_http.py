"""The HTTP transport against a server that behaves, and one that does not."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from router.executor import (
    HttpLimits,
    HttpTransport,
    SubgraphProtocolError,
    SubgraphResponse,
    SubgraphTimeout,
    SubgraphUnreachable,
)
from tests.router.executor.servers import Exchange, Script, Server, serving

QUERY = b'{"query":"{me}"}'
MUTATION = b'{"query":"mutation{pay}"}'
GOOD = SubgraphResponse(200, "application/json", b'{"data":{}}')


@asynccontextmanager
async def connected(script: Script, **limits: float) -> AsyncIterator[tuple[HttpTransport, Server]]:
    async with serving(script) as server:
        transport = HttpTransport(server.url, limits=HttpLimits(**limits))  # type: ignore[arg-type]
        try:
            yield transport, server
        finally:
            await transport.aclose()


async def good(exchange: Exchange) -> None:
    await exchange.reply(b'{"data":{}}')


async def test_a_request_is_a_complete_post_with_the_given_headers() -> None:
    async with connected(good) as (transport, server):
        assert await transport.post(QUERY, [(b"authorization", b"Bearer x")], 5) == GOOD
        (exchange,) = server.exchanges
        host = server.url.removeprefix("http://").removesuffix("/graphql").encode()
        assert exchange.head == (
            b"POST /graphql HTTP/1.1\r\nhost: " + host + b"\r\ncontent-type: application/json\r\n"
            b"accept: application/json, application/graphql-response+json\r\naccept-encoding: identity\r\n"
            b"user-agent: stoa\r\n"
            b"authorization: Bearer x\r\ncontent-length: 16\r\n\r\n"
        )
        assert exchange.body == QUERY


async def test_a_header_with_a_line_break_is_refused() -> None:
    async with connected(good) as (transport, server):
        with pytest.raises(ValueError, match="line break"):
            await transport.post(QUERY, [(b"x", b"1\r\ny: 2")], 5)
        assert server.exchanges == []


async def test_a_connection_is_used_again() -> None:
    async with connected(good) as (transport, server):
        for _ in range(3):
            await transport.post(QUERY, (), 5)
        assert [(e.connection, e.number) for e in server.exchanges] == [(1, 1), (1, 2), (1, 3)]


async def test_calls_at_the_same_time_use_connections_up_to_the_maximum() -> None:
    async def slow(exchange: Exchange) -> None:
        await asyncio.sleep(0.01)
        await exchange.reply(b'{"data":{}}')

    async with connected(slow, max_connections=3) as (transport, server):
        answers = await asyncio.gather(*[transport.post(QUERY, (), 5) for _ in range(10)])
        assert answers == [GOOD] * 10
        assert server.connections == 3


async def test_waiting_for_a_free_connection_counts_into_the_timeout() -> None:
    async def never(exchange: Exchange) -> None:
        await asyncio.sleep(60)

    async with connected(never, max_connections=1) as (transport, server):
        first = asyncio.create_task(transport.post(QUERY, (), 60))
        await asyncio.sleep(0.02)
        with pytest.raises(SubgraphTimeout, match="no connection became free in time"):
            await transport.post(QUERY, (), 0.02)
        first.cancel()
        await asyncio.wait([first])
        assert server.connections == 1


async def test_a_cancelled_waiter_passes_its_connection_on() -> None:
    release = asyncio.Event()

    async def held(exchange: Exchange) -> None:
        await release.wait()
        await exchange.reply(b'{"data":{}}')

    async with connected(held, max_connections=1) as (transport, _):
        calls = [asyncio.create_task(transport.post(QUERY, (), 5)) for _ in range(4)]
        await asyncio.sleep(0.02)
        calls[1].cancel()
        release.set()
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(result) for result in results] == [
            SubgraphResponse,
            asyncio.CancelledError,
            SubgraphResponse,
            SubgraphResponse,
        ]


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "parts",
    [
        (CHUNKED + b'4\r\n{"da\r\n7\r\nta":{}}\r\n0\r\n\r\n',),
        (CHUNKED, b'4\r\n{"da', b"\r\n7;ext=1\r\n", b'ta":{}}', b"\r\n0\r\nx-trailer: 1\r\n\r\n"),
        tuple(bytes([byte]) for byte in CHUNKED + b'B\r\n{"data":{}}\r\n000\r\n\r\n'),
        (
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n",
            CHUNKED + b'b\r\n{"data":{}}\r\n0\r\n\r\n',
        ),
    ],
    ids=["one part", "several parts", "byte by byte", "after interim answers"],
)
async def test_chunked_answers(parts: tuple[bytes, ...]) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.send(*parts)

    async with connected(script) as (transport, server):
        assert await transport.post(QUERY, (), 5) == GOOD
        assert await transport.post(QUERY, (), 5) == GOOD
        assert server.connections == 1


async def test_an_answer_may_end_with_the_connection() -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n", b'{"data"', b":{}}")
        exchange.close()

    async with connected(script) as (transport, server):
        assert await transport.post(QUERY, (), 5) == GOOD
        assert await transport.post(QUERY, (), 5) == GOOD
        assert server.connections == 2


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nconnection: close\r\n", b"HTTP/1.0 200 OK\r\n"])
async def test_a_connection_that_is_to_close_is_not_used_again(head: bytes) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.send(head + b'content-type: application/json\r\ncontent-length: 11\r\n\r\n{"data":{}}')

    async with connected(script) as (transport, server):
        for _ in range(2):
            assert await transport.post(QUERY, (), 5) == GOOD
        assert server.connections == 2


async def test_bytes_behind_an_answer_are_never_taken_for_the_next_one() -> None:
    async def script(exchange: Exchange) -> None:
        answer = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"data":{}}'
        await exchange.send(answer + answer.replace(b"{}", b"[]"))

    async with connected(script) as (transport, server):
        for _ in range(2):
            assert await transport.post(QUERY, (), 5) == GOOD
        assert server.connections == 2


async def test_bytes_on_an_idle_connection_close_it() -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.reply(b'{"data":{}}')
        await exchange.send(b'HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{"evil"}')

    async with connected(script) as (transport, server):
        assert await transport.post(QUERY, (), 5) == GOOD
        await asyncio.sleep(0.02)
        assert await transport.post(QUERY, (), 5) == GOOD
        assert server.connections == 2


async def test_a_request_on_a_connection_that_just_closed_is_repeated_once_on_a_new_one() -> None:
    async def script(exchange: Exchange) -> None:
        if exchange.number == 2:
            exchange.close()
        else:
            await exchange.reply(b'{"data":{}}')

    async with connected(script) as (transport, server):
        for _ in range(3):
            assert await transport.post(QUERY, (), 5) == GOOD
        assert [(e.connection, e.number) for e in server.exchanges] == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1)]


async def test_a_mutation_is_never_repeated() -> None:
    async def script(exchange: Exchange) -> None:
        if exchange.number == 2:
            exchange.reset()
        else:
            await exchange.reply(b'{"data":{}}')

    async with connected(script) as (transport, server):
        await transport.post(MUTATION, (), 5)
        with pytest.raises(SubgraphUnreachable, match="closed before an answer"):
            await transport.post(MUTATION, (), 5)
        assert len(server.exchanges) == 2


async def test_nothing_is_repeated_on_a_fresh_connection_or_after_a_first_byte() -> None:
    async def closing(exchange: Exchange) -> None:
        exchange.close()

    async with connected(closing) as (transport, server):
        with pytest.raises(SubgraphUnreachable, match="the connection closed before an answer"):
            await transport.post(QUERY, (), 5)
        assert len(server.exchanges) == 1

    async def partial(exchange: Exchange) -> None:
        if exchange.number == 2:
            await exchange.send(b"H")
            exchange.close()
        else:
            await exchange.reply(b'{"data":{}}')

    async with connected(partial) as (transport, server):
        await transport.post(QUERY, (), 5)
        with pytest.raises(SubgraphUnreachable, match="before the answer was complete"):
            await transport.post(QUERY, (), 5)
        assert len(server.exchanges) == 2


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"data":',
        b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n",
        CHUNKED + b'B\r\n{"data":{}}\r\n',
        CHUNKED + b'B\r\n{"da',
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
    ids=["head", "body", "no body", "no last chunk", "chunk", "interim only"],
)
@pytest.mark.parametrize("end", [Exchange.close, Exchange.reset])
async def test_a_truncated_answer_is_an_unreachable_subgraph(sent: bytes, end: object) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.send(sent, pause=0.01)
        end(exchange)  # type: ignore[operator]

    async with connected(script) as (transport, _):
        with pytest.raises(SubgraphUnreachable, match="the connection closed before the answer was complete"):
            await transport.post(QUERY, (), 5)


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "the answer is not HTTP/1.1"),
        (b"\x16\x03\x01\x02\x00\x01\x00", "the answer is not HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}", "the answer is not HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n{}", "the answer is not HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n", "the answer is not HTTP/1.1"),
        (CHUNKED + b"zz\r\n", "the answer is not HTTP/1.1"),
        (CHUNKED + b"2\r\n{}zz", "the answer is not HTTP/1.1"),
        (CHUNKED + b"-1\r\n", "the answer is not HTTP/1.1"),
        (b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", "switches protocols"),
    ],
)
async def test_what_is_not_http_is_a_protocol_error(sent: bytes, message: str) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.send(sent)
        await asyncio.sleep(60)

    async with connected(script) as (transport, server):
        with pytest.raises(SubgraphProtocolError, match=message):
            await transport.post(QUERY, (), 5)
        await asyncio.sleep(0.01)
        assert server.connections == 1


@pytest.mark.parametrize(
    "head", [b"content-length: 1000000\r\n\r\n", b"transfer-encoding: chunked\r\n\r\nF4240\r\n", b"\r\n", b"x: "]
)
async def test_an_answer_beyond_the_limit_is_given_up(head: bytes) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\n" + head)
        for _ in range(1000):
            await exchange.send(b"x" * 1000)

    async with connected(script, max_answer_bytes=10_000) as (transport, _):
        with pytest.raises(SubgraphProtocolError, match=r"exceeds 10000 bytes|not HTTP"):
            await transport.post(QUERY, (), 5)


@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 200 OK\r\n", b'HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"data":']
)
async def test_an_overdue_answer_is_a_timeout_and_its_connection_is_closed(sent: bytes) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.send(sent)
        await asyncio.sleep(60)

    async with connected(script) as (transport, server):
        with pytest.raises(SubgraphTimeout, match="no complete answer in time"):
            await transport.post(QUERY, (), 0.25)
        with pytest.raises(SubgraphTimeout):
            await transport.post(QUERY, (), 0.25)
        assert server.connections == 2


async def test_each_call_has_its_own_deadline() -> None:
    async def script(exchange: Exchange) -> None:
        await asyncio.sleep(0.1 if exchange.body == QUERY else 60)
        await exchange.reply(b'{"data":{}}')

    async with connected(script) as (transport, _):
        calls = [transport.post(QUERY, (), 30), transport.post(MUTATION, (), 0.02), transport.post(MUTATION, (), 0.04)]
        first, *others = await asyncio.gather(*calls, return_exceptions=True)
        assert first == GOOD
        assert [type(other) for other in others] == [SubgraphTimeout, SubgraphTimeout]


async def test_cancelling_a_call_closes_its_connection() -> None:
    async def script(exchange: Exchange) -> None:
        if exchange.body == MUTATION:
            await asyncio.sleep(60)
        await exchange.reply(b'{"data":{}}')

    async with connected(script) as (transport, server):
        call = asyncio.create_task(transport.post(MUTATION, (), 60))
        await asyncio.sleep(0.02)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await transport.post(QUERY, (), 5) == GOOD
        assert [exchange.connection for exchange in server.exchanges] == [1, 2]


async def test_a_connection_idle_for_too_long_is_not_used() -> None:
    async with connected(good, keep_alive=0.0) as (transport, server):
        await transport.post(QUERY, (), 5)
        await asyncio.sleep(0.01)
        await transport.post(QUERY, (), 5)
        assert server.connections == 2


async def test_no_server_is_an_unreachable_subgraph_that_can_come_back() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        transport = HttpTransport(
            f"http://127.0.0.1:{reserved.getsockname()[1]}/graphql", limits=HttpLimits(max_connections=1)
        )
        for _ in range(2):
            with pytest.raises(SubgraphUnreachable, match="cannot connect: Connection refused"):
                await transport.post(QUERY, (), 5)
    await transport.aclose()


async def test_connecting_has_a_timeout_of_its_own() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        transport = HttpTransport(f"http://127.0.0.1:{address[1]}/", limits=HttpLimits(connect_timeout=0.05))
        with pytest.raises(SubgraphTimeout, match="not established in time"):
            await transport.post(QUERY, (), 5)
        await transport.aclose()
        for filler in fillers:
            filler.close()


async def test_closing_fails_the_calls_in_flight_and_those_that_come() -> None:
    async def never(exchange: Exchange) -> None:
        await asyncio.sleep(60)

    async with serving(never) as server:
        transport = HttpTransport(server.url, limits=HttpLimits(max_connections=1))
        calls = [asyncio.create_task(transport.post(QUERY, (), 60)) for _ in range(2)]
        await asyncio.sleep(0.02)
        await transport.aclose()
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert [str(result) for result in results] == ["the transport is closed"] * 2
        with pytest.raises(SubgraphUnreachable, match="the transport is closed"):
            await transport.post(QUERY, (), 5)


async def test_a_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    async with serving(good, unix_path=path):
        transport = HttpTransport(f"http+unix://{quote(path, safe='')}/graphql?x=1")
        assert await transport.post(QUERY, (), 5) == GOOD
        await transport.aclose()


@pytest.mark.parametrize("url", ["ftp://host/", "graphql", "http:///graphql"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not an http, https or http"):
        HttpTransport(url)


@pytest.mark.parametrize(
    "test",
    [
        test_a_request_is_a_complete_post_with_the_given_headers,
        test_calls_at_the_same_time_use_connections_up_to_the_maximum,
        test_waiting_for_a_free_connection_counts_into_the_timeout,
        test_a_cancelled_waiter_passes_its_connection_on,
        test_an_answer_may_end_with_the_connection,
        test_bytes_behind_an_answer_are_never_taken_for_the_next_one,
        test_bytes_on_an_idle_connection_close_it,
        test_a_request_on_a_connection_that_just_closed_is_repeated_once_on_a_new_one,
        test_a_mutation_is_never_repeated,
        test_nothing_is_repeated_on_a_fresh_connection_or_after_a_first_byte,
        test_each_call_has_its_own_deadline,
        test_cancelling_a_call_closes_its_connection,
        test_no_server_is_an_unreachable_subgraph_that_can_come_back,
        test_connecting_has_a_timeout_of_its_own,
        test_closing_fails_the_calls_in_flight_and_those_that_come,
    ],
)
def test_the_same_on_uvloop(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(test())


def tls_contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate of its own for 127.0.0.1, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(private + pem)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=pem.decode())


async def test_tls_with_a_trusted_certificate_only(tmp_path: Path) -> None:
    server_tls, client_tls = tls_contexts(tmp_path)
    async with serving(good, tls=server_tls) as server:
        trusting = HttpTransport(server.url, tls=client_tls)
        for _ in range(2):
            assert await trusting.post(QUERY, (), 5) == GOOD
        assert server.connections == 1
        await trusting.aclose()
        doubting = HttpTransport(server.url)
        with pytest.raises(SubgraphUnreachable, match="cannot connect: CERTIFICATE_VERIFY_FAILED"):
            await doubting.post(QUERY, (), 5)
        await doubting.aclose()
