"""The in-process transport: the bytes of a socket, and nothing that leaks across it."""

from __future__ import annotations

import asyncio
import contextvars
from typing import Any

import pytest

from router.executor import AsgiTransport, HttpTransport, SubgraphResponse, SubgraphTimeout, SubgraphUnreachable
from tests.router.executor.servers import Exchange, serving

QUERY = b'{"query":"{me}"}'
leak: contextvars.ContextVar[str] = contextvars.ContextVar("leak", default="none")


async def respond(send: Any, body: bytes = b"{}", status: int = 200, *, more: bool = False) -> None:
    headers = [(b"Content-Type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def test_the_app_reads_what_a_server_would_have_read() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, await receive()))
        await respond(send, b'{"data":{}}', 201)

    transport = AsgiTransport(app, "http://product:8001/graph%20ql?x=1")
    response = await transport.post(QUERY, [(b"authorization", b"Bearer x")], 5)
    assert response == SubgraphResponse(201, "application/json", b'{"data":{}}')
    ((scope, message),) = seen
    assert message == {"type": "http.request", "body": QUERY, "more_body": False}
    assert (scope["path"], scope["raw_path"], scope["query_string"]) == ("/graph ql", b"/graph%20ql", b"x=1")

    async def script(exchange: Exchange) -> None:
        seen.append(exchange.head)
        await exchange.reply(b"{}")

    async with serving(script) as server:
        http = HttpTransport(server.url)
        await http.post(QUERY, [(b"authorization", b"Bearer x")], 5)
        await http.aclose()
    sent = dict(line.split(b": ") for line in seen[1].split(b"\r\n")[1:] if line)
    assert {**dict(scope["headers"]), b"host": b""} == {**sent, b"host": b""}


async def test_an_answer_in_parts_is_joined_and_ends_the_call_before_the_app_ends() -> None:
    finish = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await respond(send, b'{"da', more=True)
        await send({"type": "http.response.body", "body": b'ta":1}'})
        await finish.wait()

    transport = AsgiTransport(app)
    assert (await transport.post(QUERY, (), 5)).body == b'{"data":1}'
    finish.set()
    await transport.aclose()


async def test_context_variables_do_not_cross_in_either_direction() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(leak.get())
        leak.set("inner")
        await respond(send)

    leak.set("outer")
    await AsgiTransport(app).post(QUERY, (), 5)
    assert seen == ["none"]
    assert leak.get() == "outer"


async def test_an_exception_is_an_http_500_as_from_a_server(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("bug")

    response = await AsgiTransport(app).post(QUERY, (), 5)
    assert response == SubgraphResponse(500, "text/plain; charset=utf-8", b"Internal Server Error")
    assert "subgraph application failed" in caplog.text


async def test_an_app_that_ends_without_an_answer_is_an_http_500() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        return None

    assert (await AsgiTransport(app).post(QUERY, (), 5)).status == 500


async def test_an_exception_within_the_body_is_a_connection_that_broke_off(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await respond(send, b"{", more=True)
        raise RuntimeError("bug")

    with pytest.raises(SubgraphUnreachable, match="before the answer was complete"):
        await AsgiTransport(app).post(QUERY, (), 5)


@pytest.mark.parametrize("how", ["timeout", "cancel"])
async def test_giving_up_is_a_disconnect_for_the_app_which_may_finish(how: str) -> None:
    messages: list[str] = []
    ended = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        messages.extend([(await receive())["type"], (await receive())["type"]])
        await respond(send)
        ended.set()

    transport = AsgiTransport(app)
    if how == "timeout":
        with pytest.raises(SubgraphTimeout):
            await transport.post(QUERY, (), 0.01)
    else:
        call = asyncio.create_task(transport.post(QUERY, (), 5))
        await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    await asyncio.wait_for(ended.wait(), 5)
    assert messages == ["http.request", "http.disconnect"]
    await transport.aclose()


async def test_closing_fails_calls_and_cancels_what_they_run() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(60)

    transport = AsgiTransport(app)
    call = asyncio.create_task(transport.post(QUERY, (), 60))
    await asyncio.sleep(0.01)
    await transport.aclose()
    with pytest.raises(SubgraphUnreachable, match="the transport is closed"):
        await call
    with pytest.raises(SubgraphUnreachable, match="the transport is closed"):
        await transport.post(QUERY, (), 5)
