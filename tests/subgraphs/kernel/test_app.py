"""A room as a service: health, identity, request bodies, peers in the same process, draining."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import strawberry

from subgraphs.kernel.app import Room, RoomApp, build_app
from subgraphs.kernel.context import Info, RunningRoom
from subgraphs.kernel.database import Database
from subgraphs.kernel.federation import build_schema
from subgraphs.kernel.migrations import Migrator
from subgraphs.kernel.service_client import PeerRefused, PeerUnavailable
from subgraphs.kernel.settings import RoomSettings
from tests.fixtures.databases import Databases
from tests.fixtures.identities import Identities
from tests.fixtures.rooms import StartRoom

DB = Database("notification")
EVENTS: list[str] = []


@strawberry.type
class Query:
    @strawberry.field(description="Two statements.")
    async def two(self, info: Info) -> int:
        async with DB.transaction():
            await DB.fetch("SELECT 1")
        return int(await DB.fetch_value("SELECT 2"))

    @strawberry.field(description="Who asks.")
    def who(self, info: Info) -> str:
        info.context.response_headers["x-room"] = info.context.room.name
        return f"{info.context.principal.kind} {info.context.principal.service or ''}".strip()

    @strawberry.field(description="What the sibling sees.")
    async def sibling(self, info: Info, query: str = "{ who }") -> str:
        data = await info.context.peers["order"].execute(query)
        return str(data["who"])


SCHEMA = build_schema(query=Query)


async def work(room: RunningRoom) -> None:
    EVENTS.append("started")
    try:
        await asyncio.Event().wait()
    finally:
        EVENTS.append("stopped")


@asynccontextmanager
async def adapters(room: RunningRoom) -> AsyncIterator[dict[str, str]]:
    yield {"mail": "adapter"}
    EVENTS.append("adapters closed")


ROOM = Room("notification", SCHEMA, DB, workers=[work], resources=adapters)


def create_app(settings: RoomSettings, **options: Any) -> RoomApp:
    return build_app(ROOM, settings, **options)


async def test_requests_are_answered_and_counted(start_room: StartRoom) -> None:
    async with start_room("notification", create_app) as client:
        assert await client.send("{ two }") == {"data": {"two": 2}, "extensions": {"sql": {"statements": 2}}}
        metrics = (await client.http.get("/metrics")).text
        assert 'stoa_subgraph_requests_total{outcome="ok"} 1.0' in metrics
        assert "stoa_subgraph_sql_statements_total 2.0" in metrics
        assert client.room.resources == {"mail": "adapter"}
        response = await client.http.post("/graphql", json={"query": "{ who }"})
        assert response.headers["x-room"] == "notification"


async def test_statements_are_told_to_operators_only(
    start_room: StartRoom, identities: Identities, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quiet(settings: RoomSettings, **options: Any) -> RoomApp:
        from dataclasses import replace

        return create_app(replace(settings, expose_sql=False), **options)

    async with start_room("notification", quiet) as client:
        assert "extensions" not in await client.send("{ two }", scopes=["orders:read"])
        assert (await client.send("{ two }", scopes=["ops:read"]))["extensions"]["sql"] == {"statements": 2}


async def test_a_body_may_be_too_large(start_room: StartRoom) -> None:
    async with start_room("notification", create_app) as client:
        response = await client.http.post("/graphql", content=b'{"query": "' + b"x" * 2_000_000 + b'"}')
        assert response.status_code == 413
        assert response.json()["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"query": 1}', b'{"query": "{ two }", "variables": []}'])
async def test_bodies_that_are_no_request_are_refused(start_room: StartRoom, body: bytes) -> None:
    async with start_room("notification", create_app) as client:
        response = await client.http.post("/graphql", content=body)
        assert response.status_code == 400
        assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_bad_token_is_not_anonymous(start_room: StartRoom) -> None:
    async with start_room("notification", create_app) as client:
        response = await client.http.post(
            "/graphql", json={"query": "{ who }"}, headers={"authorization": "Bearer forged"}
        )
        assert response.status_code == 401
        assert (await client.query("{ who }"))["who"] == "anonymous"
        assert (await client.query("{ who }", as_guest="6f9619ff-8b86-4d01-b42d-00cf4fc964ff"))["who"] == "guest"


async def test_readiness_waits_for_migrations_and_redis(
    databases: Databases, identities: Identities, redis_url: str
) -> None:
    import httpx

    database = databases.empty("notification")
    app = create_app(RoomSettings("notification", database), redis=redis_url, background=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://n") as http,
    ):
        assert (await http.get("/livez")).status_code == 200
        unready = await http.get("/readyz")
        assert unready.status_code == 503
        assert "migrations are pending" in unready.json()["reasons"][0]
        async with Migrator.connect("notification", database) as migrator:
            await migrator.up()
        assert (await http.get("/readyz")).json() == {"status": "ok", "reasons": []}
    assert (await _ready(app)).status_code == 503
    databases.drop(database)


async def _ready(app: RoomApp) -> Any:
    import httpx

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://n") as http:
        return await http.get("/readyz")


async def test_siblings_call_each_other_in_process_with_their_own_token(start_room: StartRoom) -> None:
    other = Room("order", SCHEMA, Database("order"))
    other_app: list[RoomApp] = []

    def create_order(settings: RoomSettings, **options: Any) -> RoomApp:
        other_app.append(build_app(other, settings, **options))
        return other_app[0]

    async with (
        start_room("order", create_order),
        start_room("notification", create_app, peers={"order": other_app[0]}) as client,
    ):
        assert (await client.query("{ sibling }"))["sibling"] == "service notification"
        with pytest.raises(PeerRefused) as refused:
            await client.room.peers["order"].execute("{ nothing }")
        assert refused.value.code == "GRAPHQL_VALIDATION_FAILED"
        with pytest.raises(PeerUnavailable):  # it failed, and may have acted
            await client.room.peers["order"].execute("{ sibling }")


async def test_an_absent_sibling_is_unavailable(start_room: StartRoom) -> None:
    async with start_room("notification", create_app, peers={"order": "http://127.0.0.1:9"}) as client:
        with pytest.raises(PeerUnavailable):
            await client.room.peers["order"].execute("{ who }")
        answer = await client.send("{ sibling }")
        assert answer["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"


async def test_stopping_ends_workers_before_what_they_use(start_room: StartRoom) -> None:
    EVENTS.clear()
    async with start_room("notification", create_app, background=True):
        await asyncio.sleep(0.01)
        assert EVENTS == ["started"]
    assert EVENTS == ["started", "stopped", "adapters closed"]
    assert DB.pool is None
