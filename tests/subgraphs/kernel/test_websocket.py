"""The room's WebSocket, asked by a real client over a real socket."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import uuid4

import pytest
import strawberry
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from subgraphs.kernel.app import Room, build_app
from subgraphs.kernel.context import Info
from subgraphs.kernel.federation import build_schema
from subgraphs.kernel.refusals import Forbidden
from subgraphs.kernel.settings import RoomSettings
from subgraphs.user.tables import DB
from tests.fixtures.databases import RoomDatabases
from tests.fixtures.identities import Identities


@strawberry.type
class Query:
    @strawberry.field
    def caller(self, info: Info) -> str:
        return str(info.context.principal.user_id)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, info: Info, to: int) -> AsyncGenerator[int, None]:
        for number in range(to):
            yield number

    @strawberry.subscription
    async def contexts(self, info: Info) -> AsyncGenerator[str, None]:
        for _ in range(2):
            yield ""

    @strawberry.subscription
    async def forbidden(self, info: Info) -> AsyncGenerator[int, None]:
        yield 1
        raise Forbidden("Not any more.")

    @strawberry.subscription
    async def broken(self, info: Info) -> AsyncGenerator[int, None]:
        raise RuntimeError("password=hunter2")
        yield 1

    @strawberry.subscription
    async def forever(self, info: Info) -> AsyncGenerator[int, None]:
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            ENDED.append(info.context.request_id)


ENDED: list[str] = []
ROOM = Room("user", build_schema(query=Query, subscription=Subscription), DB)


@pytest.fixture
async def url(room_database: RoomDatabases, identities: Identities) -> AsyncIterator[str]:
    settings = RoomSettings("user", room_database("user"), trusted_jwks=identities.trusted_jwks)
    app = build_app(ROOM, settings, background=False)
    listener = socket.create_server(("127.0.0.1", 0))
    server = _Server(uvicorn.Config(app, lifespan="on", log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"ws://127.0.0.1:{listener.getsockname()[1]}/graphql"
    server.should_exit = True
    await serving


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def connected(
    url: str, payload: Any = None, subprotocol: str = "graphql-transport-ws", **options: Any
) -> AsyncIterator[ClientConnection]:
    async with asyncio.timeout(30), connect(url, subprotocols=[Subprotocol(subprotocol)], **options) as connection:
        if payload is not None:
            await say(connection, {"type": "connection_init", "payload": payload})
            assert await hear(connection) == {"type": "connection_ack"}
        yield connection


async def say(connection: ClientConnection, message: Any) -> None:
    await connection.send(message if isinstance(message, str) else json.dumps(message))


async def hear(connection: ClientConnection) -> Any:
    return json.loads(await connection.recv())


def subscribe(query: str, id_: str = "1", **rest: Any) -> dict[str, Any]:
    return {"id": id_, "type": "subscribe", "payload": {"query": query, **rest}}


async def test_events_and_their_end(url: str) -> None:
    async with connected(url, {}) as connection:
        await say(connection, subscribe("subscription($n: Int!) { count(to: $n) }", variables={"n": 3}))
        for number in range(3):
            assert await hear(connection) == {"id": "1", "type": "next", "payload": {"data": {"count": number}}}
        assert await hear(connection) == {"id": "1", "type": "complete"}


async def test_the_caller_is_who_the_payload_or_the_upgrade_proves(url: str, identities: Identities) -> None:
    user = uuid4()
    token = identities.user(user)
    for payload, headers in (({"authorization": token}, {}), ({}, {"authorization": token})):
        async with connected(url, payload, additional_headers=headers) as connection:
            await say(connection, subscribe("{ caller }"))
            assert (await hear(connection))["payload"] == {"data": {"caller": str(user)}}
            assert (await hear(connection))["type"] == "complete"
    async with connected(url) as connection:
        await say(connection, {"type": "connection_init", "payload": {"authorization": f"{token}x"}})
        await connection.wait_closed()
        assert connection.close_code == 4403


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription($n: Int!) { count(to: $n) }", "BAD_REQUEST"),
        ("subscription { broken }", "INTERNAL_SERVER_ERROR"),
    ],
)
async def test_what_cannot_begin_is_an_error(url: str, query: str, code: str) -> None:
    async with connected(url, {}) as connection:
        await say(connection, subscribe(query))
        message = await hear(connection)
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", code)
        assert "hunter2" not in json.dumps(message)
        await say(connection, subscribe("{ caller }"))
        assert (await hear(connection))["type"] == "next"


async def test_a_refusal_between_events_ends_the_stream(url: str) -> None:
    async with connected(url, {}) as connection:
        await say(connection, subscribe("subscription { forbidden }"))
        assert (await hear(connection))["type"] == "next"
        message = await hear(connection)
        assert message["payload"] == [{"message": "Not any more.", "extensions": {"code": "FORBIDDEN"}}]


async def test_completing_or_leaving_ends_the_source(url: str) -> None:
    ENDED.clear()
    async with connected(url, {"x-request-id": "completed"}) as connection:
        await say(connection, subscribe("subscription { forever }"))
        await hear(connection)
        await say(connection, {"id": "1", "type": "complete"})
        await say(connection, {"type": "ping"})
        assert await hear(connection) == {"type": "pong"}
        assert ENDED == ["completed"]
    async with connected(url, {"x-request-id": "left"}) as connection:
        await say(connection, subscribe("subscription { forever }"))
        await hear(connection)
        connection.transport.abort()
    async with asyncio.timeout(20):
        while len(ENDED) < 2:  # noqa: ASYNC110 - the source has nobody else to tell
            await asyncio.sleep(0.01)
    assert ENDED == ["completed", "left"]


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["junk"], 4400),
        (["[]"], 4400),
        ([subscribe("{ caller }")], 4401),
        ([{"type": "connection_init"}, {"type": "connection_init"}], 4429),
        ([{"type": "connection_init"}, {"type": "subscribe", "id": "1"}], 4400),
        ([{"type": "connection_init"}, subscribe("subscription{forever}"), subscribe("subscription{forever}")], 4409),
        ([{"type": "connection_init", "payload": 7}], 4400),
    ],
)
async def test_who_breaks_the_protocol_is_disconnected(url: str, messages: list[Any], code: int) -> None:
    async with connected(url) as connection:
        for message in messages:
            await say(connection, message)
        await connection.wait_closed()
        assert connection.close_code == code


async def test_other_subprotocols_are_refused(url: str) -> None:
    async with connected(url, subprotocol="graphql-ws") as connection:
        await connection.wait_closed()
        assert connection.close_code == 4406
