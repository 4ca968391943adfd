"""The whole shop in this process, with a look at what passes between its layers; what the shop's measurements share.

``with environment(data, scale) as environ: asyncio.run(work(environ))`` starts the databases and fills them once;
``async with running(environ) as shop`` is the shop behind its router. ``shop.ask`` sends a reference query and answers
what it came to: the requests to subgraphs and the SQL statements, with their arguments.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from ops.local.preparation import prepared
from ops.local.rooms import room_apps
from ops.rooms import ROOT
from ops.seed.accounts import DEMO_PASSWORD
from ops.seed.trade import order_number
from ops.seed.world import World
from router.executor.transports import AsgiTransport
from router.gateway import create_app
from router.gateway.config_file import read_config_file
from subgraphs.kernel.database import Database, statement_log

OPERATIONS = ROOT / "tests" / "supergraph" / "operations"
QUERIES = tuple(f"q{number:02d}" for number in range(1, 11))
_STAFF = "support@example.com"
_LOGIN = "mutation($e: String!, $p: String!) { login(email: $e, password: $p) { tokens { accessToken } } }"


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement as it went to a database."""

    database: Database
    method: str
    sql: str
    arguments: tuple[Any, ...]

    async def run(self) -> Any:
        """Send it again."""
        return await self.database._send(self.method, self.sql, self.arguments)


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a subgraph as it left the router."""

    room: str
    body: bytes
    headers: Any


@dataclass(slots=True)
class Passed:
    """What passed between the layers while a query was answered."""

    requests: list[Request] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)


class _Watched:
    """A transport that notes what it carries."""

    def __init__(self, room: str, inner: AsgiTransport, passed: Passed) -> None:
        self._room, self._inner, self._passed = room, inner, passed

    async def post(self, body: bytes, headers: Any, timeout: float) -> Any:  # noqa: ASYNC109 - the protocol's
        self._passed.requests.append(Request(self._room, body, headers))
        return await self._inner.post(body, headers, timeout)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@dataclass(slots=True)
class Shop:
    """The running shop."""

    http: httpx.AsyncClient
    transports: Mapping[str, AsgiTransport]
    passed: Passed
    tokens: dict[str, str] = field(default_factory=dict)

    async def ask(self, name: str) -> httpx.Response:
        """Send a reference query as whoever asks it; raises when the answer has errors."""
        headers = {"authorization": f"Bearer {await self.token(name)}"}
        body = {"query": (OPERATIONS / f"{name}.graphql").read_text(), "variables": _variables(name)}
        response = await self.http.post("/graphql", json=body, headers=headers)
        answer = response.json()
        if "errors" in answer:
            raise RuntimeError(f"{name}: {answer['errors']}")
        return response

    async def watch(self, name: str) -> Passed:
        """What a reference query comes to."""
        await self.ask(name)  # plans and connections are made
        self.passed.requests.clear()
        self.passed.statements.clear()
        await self.ask(name)
        return Passed(list(self.passed.requests), list(self.passed.statements))

    async def token(self, name: str) -> str:
        email = _STAFF if name == "q08" else World().person(0).email
        if email not in self.tokens:
            variables = {"e": email, "p": DEMO_PASSWORD}
            answer = await self.http.post("/graphql", json={"query": _LOGIN, "variables": variables})
            self.tokens[email] = answer.json()["data"]["login"]["tokens"]["accessToken"]
        return self.tokens[email]


@contextmanager
def environment(data: Path, scale: int) -> Iterator[dict[str, str]]:
    """Databases in ``data``, filled with ``scale`` times the demo shop the first time; without the catalog's cache."""
    with prepared(data, os.environ, seed_scale=scale) as environ:
        yield {**environ, "PRODUCT_CATALOG_CACHE": "off", "STOA_ACCESS_LOG": "false"}


@asynccontextmanager
async def running(environ: Mapping[str, str]) -> AsyncIterator[Shop]:
    """The shop in this process."""
    passed = Passed()
    apps = room_apps(environ)
    config = read_config_file(ROOT / "router.yaml", environ)
    sdl = (ROOT / "schema" / "supergraph.graphql").read_text()
    async with AsyncExitStack() as stack:
        stack.enter_context(watching_statements(passed))
        for app in apps.values():
            await stack.enter_async_context(app.router.lifespan_context(app))
        transports = {room: AsgiTransport(app) for room, app in apps.items()}
        watched: dict[str, Any] = {room: _Watched(room, each, passed) for room, each in transports.items()}
        router = create_app(replace(config, supergraph=None), sdl, watched)
        await stack.enter_async_context(router.router.lifespan_context(router))
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=router), base_url="http://shop", timeout=60)
        yield Shop(await stack.enter_async_context(client), transports, passed)


@contextmanager
def watching_statements(passed: Passed) -> Iterator[None]:
    """Note in ``passed`` what whoever has a ``statement_log`` sends meanwhile."""
    send = Database._send

    async def watched(self: Database, method: str, sql: str, arguments: Any) -> Any:
        if statement_log.get() is not None:  # of a request; the rooms' workers are not looked at
            passed.statements.append(Statement(self, method, sql, tuple(arguments)))
        return await send(self, method, sql, arguments)

    Database._send = watched  # type: ignore[method-assign]
    try:
        yield
    finally:
        Database._send = send  # type: ignore[method-assign]


def _variables(name: str) -> dict[str, Any]:
    world = World()
    skus = [world.product(index).sku for index in (0, 1, 2)]
    return {
        "q01": {"slug": world.product(0).slug, "reviews": 10},
        "q02": {"query": "lamp", "first": 24},
        "q03": {"first": 20},
        "q04": {"orderNumber": order_number(world.orders_of(world.person(0))[0])},
        "q06": {"category": "order_update"},
        "q07": {"first": 20},
        "q08": {"first": 50},
        "q10": dict(zip(("first", "second", "third"), skus, strict=True)),
    }.get(name, {})
