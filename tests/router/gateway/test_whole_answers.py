"""Answers in one write are byte for byte what uvicorn's own protocol sends, and what it refuses is refused."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from router.gateway.http_protocol import BoundedHttpProtocol
from router.gateway.whole_response import EXTENSIONS, WHOLE_RESPONSE, whole_response

Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


def answering(status: int, headers: Headers, *parts: bytes) -> Callable[[Send], Awaitable[None]]:
    async def answer(send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for part in parts[:-1]:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": parts[-1]})

    return answer


LENGTH_5 = (b"content-length", b"5")
BEHAVIOURS = {
    "whole": answering(200, [(b"content-type", b"text/plain"), LENGTH_5], b"hello"),
    "empty": answering(200, [(b"content-length", b"0")], b""),
    "error status": answering(404, [LENGTH_5], b"where"),
    "in parts": answering(200, [LENGTH_5], b"he", b"llo"),
    "without length": answering(200, [(b"content-type", b"text/plain")], b"hello"),
    "chunked": answering(200, [(b"transfer-encoding", b"chunked")], b"he", b"llo"),
    "large": answering(200, [(b"content-length", b"3000000")], b"x" * 3_000_000),
    "closing": answering(200, [LENGTH_5, (b"connection", b"close")], b"hello"),
    "closing first": answering(200, [(b"connection", b"close"), LENGTH_5], b"hello"),
    "coded": answering(200, [(b"transfer-encoding", b"chunked"), LENGTH_5], b"hello"),
    "too short": answering(200, [LENGTH_5], b"hell"),
    "too long": answering(200, [LENGTH_5], b"hello!"),
    "no content": answering(204, [], b""),
    "not modified": answering(304, [(b"content-length", b"0")], b""),
}
FORBIDDEN = {
    "line break": answering(200, [LENGTH_5, (b"x", b"a\r\nset-cookie: b")], b"hello"),
    "control character": answering(200, [LENGTH_5, (b"x", b"a\x00")], b"hello"),
}


class App:
    """Reads the body, then behaves as it was told."""

    def __init__(self, behave: Callable[[Send], Awaitable[None]]) -> None:
        self.behave = behave
        self.bodies: list[bytes] = []
        self.scopes: list[dict[str, Any]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.bodies.append(body)
        self.scopes.append({key: value for key, value in scope.items() if key not in ("client", "server")})
        await self.behave(send)


async def exchanged(protocol: type[HttpToolsProtocol], app: App, sent: bytes) -> bytes:
    """Everything the server sends until it closes; what is sent ends with a request that asks it to."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(
            app, http=protocol, lifespan="off", log_config=None, ws="none", date_header=False, access_log=False
        )
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(sent)
        try:
            async with asyncio.timeout(20):
                return await reader.read()
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            server.should_exit = True
            await running


def request(
    method: bytes = b"POST", version: bytes = b"1.1", *headers: bytes, body: bytes = b"ask", target: bytes = b"/"
) -> bytes:
    lines = [b"%b %b HTTP/%b" % (method, target, version), b"host: x", *headers]
    return b"\r\n".join(lines) + b"\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


LAST = request(b"POST", b"1.1", b"connection: close", body=b"last")


@pytest.mark.parametrize("name", BEHAVIOURS)
@pytest.mark.parametrize("method", [b"POST", b"HEAD"])
async def test_answers_are_those_of_the_base_protocol(name: str, method: bytes) -> None:
    sent = request(method) + request(method) + LAST  # pipelined: the second waits for the first
    own, base = App(BEHAVIOURS[name]), App(BEHAVIOURS[name])
    assert await exchanged(BoundedHttpProtocol, own, sent) == await exchanged(HttpToolsProtocol, base, sent)
    assert own.bodies == base.bodies


@pytest.mark.parametrize("body", [b"hello", b"", b"x" * 3_000_000])
@pytest.mark.parametrize(
    "sent",
    [
        request() + request() + request() + LAST,  # what is large is written while the one before still waits
        request(b"POST", b"1.0"),
        request(b"POST", b"1.0", b"connection: keep-alive"),
        request(b"POST", b"1.1", b"expect: 100-continue") + LAST,
    ],
)
async def test_an_answer_in_one_message_is_the_one_in_two(sent: bytes, body: bytes) -> None:
    async def in_one(send: Send) -> None:
        lines = b"content-type: text/plain\r\nx-colons: a: b\r\ncontent-length: %d\r\n" % len(body)
        await send(whole_response(200, lines, body))

    length = (b"content-length", b"%d" % len(body))
    in_two = answering(200, [(b"content-type", b"text/plain"), (b"x-colons", b"a: b"), length], body)
    own, base = App(in_one), App(in_two)
    assert await exchanged(BoundedHttpProtocol, own, sent) == await exchanged(HttpToolsProtocol, base, sent)
    assert all(WHOLE_RESPONSE in scope["extensions"] for scope in own.scopes)


@pytest.mark.parametrize("name", FORBIDDEN)
async def test_heads_that_would_end_early_are_not_sent(name: str) -> None:
    answer = await exchanged(BoundedHttpProtocol, App(FORBIDDEN[name]), request())
    assert b"set-cookie" not in answer
    assert b"200 OK" not in answer


async def test_old_clients_and_waiting_ones() -> None:
    for sent in (
        request(b"POST", b"1.0"),
        request(b"POST", b"1.1", b"expect: 100-continue") + LAST,
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nask\r\n0\r\n\r\n" + LAST,
    ):
        own, base = App(BEHAVIOURS["whole"]), App(BEHAVIOURS["whole"])
        assert await exchanged(BoundedHttpProtocol, own, sent) == await exchanged(HttpToolsProtocol, base, sent)
        assert own.bodies == base.bodies


@pytest.mark.parametrize(("method", "body"), [(b"POST", b"hello"), (b"HEAD", b"")])
async def test_old_clients_are_sent_no_chunks(method: bytes, body: bytes) -> None:
    """Where the length is not known before, the connection's end is the answer's (RFC 9112 §6.3)."""
    parts = answering(200, [(b"content-type", b"text/plain")], b"he", b"", b"llo")
    answer = await exchanged(BoundedHttpProtocol, App(parts), request(method, b"1.0", b"connection: keep-alive"))
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert head.endswith(b"\r\nconnection: close")
    assert b"transfer-encoding" not in head
    assert rest == body


@pytest.mark.parametrize("target", [b"/graphql?a=b&c", b"/a%20b/%C3%A9?%20", b"http://other/x?y", b"/%zz", b"*", b"x"])
async def test_requests_are_told_as_the_base_protocol_tells_them(target: bytes) -> None:
    sent = request(b"GET", b"1.1", b"X-Twice: a", b"x-twice: b", target=target) + LAST
    own, base = App(BEHAVIOURS["whole"]), App(BEHAVIOURS["whole"])
    assert await exchanged(BoundedHttpProtocol, own, sent) == await exchanged(HttpToolsProtocol, base, sent)
    extended = [scope.pop("extensions") for scope in own.scopes]
    assert extended == [EXTENSIONS] * len(base.scopes)
    assert own.scopes == base.scopes


async def test_an_application_that_fails_before_its_body_is_an_error_500() -> None:
    async def fail(send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [LENGTH_5]})
        raise ValueError("too late for the base protocol")

    answer = await exchanged(BoundedHttpProtocol, App(fail), request())
    assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert b"200 OK" not in answer
