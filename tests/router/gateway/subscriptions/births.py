"""The village with its subscription: a people subgraph whose events a test makes, behind a real server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import orjson
import uvicorn
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from router.executor import AsgiTransport
from router.gateway import Gateway, GatewayConfig, create_app
from router.gateway.config import TelemetryConfig
from router.gateway.http_protocol import protocol_settings
from tests.router.gateway.village import SUPERGRAPH, Subgraph, Village

BORN = "subscription { born { id } }"
BORN_WITH_NOTES = "subscription { born { id name notes { text } } }"


class Births:
    """The people subgraph; ``await births.tell("1")`` lets everybody who follows it know of person 1."""

    def __init__(self, people: Subgraph) -> None:
        self.followers: list[asyncio.Queue[str]] = []
        self.requests: list[dict[str, Any]] = []
        self.init: list[Any] = []
        self.ended = 0
        self._people = people
        self._changed = asyncio.Condition()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._people(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
        self.init.append(orjson.loads((await receive())["text"]))
        await send({"type": "websocket.send", "text": '{"type":"connection_ack"}'})
        self.requests.append(orjson.loads((await receive())["text"]))
        messages: asyncio.Queue[str] = asyncio.Queue()
        async with self._changed:
            self.followers.append(messages)
            self._changed.notify_all()
        telling = asyncio.create_task(self._tell_on(messages, send))
        try:
            await receive()  # complete, or gone
        finally:
            telling.cancel()
            async with self._changed:
                self.followers.remove(messages)
                self.ended += 1
                self._changed.notify_all()

    async def _tell_on(self, messages: asyncio.Queue[str], send: Send) -> None:
        while True:
            await send({"type": "websocket.send", "text": await messages.get()})

    async def say(self, message: dict[str, Any]) -> None:
        """One message to every follower."""
        for messages in self.followers:
            messages.put_nowait(orjson.dumps(message).decode())

    async def tell(self, *ids: str) -> None:
        for key in ids:
            payload = {"data": {"born": {"__typename": "Person", "id": key, "name": f"name of {key}"}}}
            await self.say({"id": "1", "type": "next", "payload": payload})

    async def until_followed(self, count: int = 1) -> None:
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: len(self.followers) >= count)

    async def until_left(self, count: int = 0) -> None:
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: len(self.followers) <= count)


class Running:
    """A router on a real port, with the subgraphs behind it."""

    def __init__(self, app: Gateway, births: Births, village: Village, port: int, server: uvicorn.Server) -> None:
        self.app = app
        self.births = births
        self.village = village
        self.port = port
        self.server = server
        self.url = f"http://127.0.0.1:{port}/graphql"

    @asynccontextmanager
    async def socket(
        self, subprotocol: str = "graphql-transport-ws", init: Any = ..., **options: Any
    ) -> AsyncIterator[Client]:
        """A WebSocket that is initialised, unless ``init`` is None."""
        url = f"ws://127.0.0.1:{self.port}/graphql"
        async with connect(url, subprotocols=[Subprotocol(subprotocol)], compression=None, **options) as connection:
            client = Client(connection)
            if init is not None:
                await client.say({"type": "connection_init", **({} if init is ... else {"payload": init})})
                assert await client.hear() == {"type": "connection_ack"}
            yield client


class Client:
    """A WebSocket's client end."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, message: Any) -> None:
        await self.connection.send(message if isinstance(message, str) else orjson.dumps(message).decode())

    async def hear(self) -> Any:
        async with asyncio.timeout(20):
            return orjson.loads(await self.connection.recv())

    async def subscribe(self, query: str, id_: str = "a", **rest: Any) -> None:
        await self.say({"id": id_, "type": "subscribe", "payload": {"query": query, **rest}})

    async def closed(self) -> tuple[int | None, str | None]:
        """Code and reason with which the router closes."""
        async with asyncio.timeout(20):
            await self.connection.wait_closed()
        return self.connection.close_code, self.connection.close_reason


@asynccontextmanager
async def router(transports: dict[str, Any] | None = None, **settings: Any) -> AsyncIterator[Running]:
    """Serve the village under uvicorn; ``transports`` replace those of its subgraphs."""
    village = Village()
    births = Births(village.people)
    settings.setdefault("telemetry", TelemetryConfig(access_log=False))
    given = {"people": AsgiTransport(births), "notes": village.transports["notes"], **(transports or {})}
    app = create_app(GatewayConfig(**settings), SUPERGRAPH, given)
    listener = socket.create_server(("127.0.0.1", 0))
    server = _Server(
        uvicorn.Config(app, **protocol_settings(100_000), lifespan="on", log_config=None, access_log=False)
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(20):
            while not server.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait for
                await asyncio.sleep(0.01)
        yield Running(app, births, village, listener.getsockname()[1], server)
    finally:
        app.drain()
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
