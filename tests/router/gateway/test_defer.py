"""Operations with ``@defer`` over HTTP: formats, framing, and clients that read neither."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import uvicorn

from router.executor import SubgraphResponse
from router.gateway.app import create_app
from router.gateway.config import DeferConfig, GatewayConfig, LimitsConfig, TelemetryConfig
from router.gateway.incremental import IncrementalFormat, incremental_format
from tests.router import reassembly
from tests.router.gateway.village import SUPERGRAPH, Village

PERSON = '{ person(id: "1") { name ... @defer(label: "later") { notes { text } } } }'
BY_PATHS = "multipart/mixed;deferSpec=20220824, application/json"
BY_IDS = "multipart/mixed;incrementalSpec=v0.2, application/json"


class Slow:
    """A transport that waits for ``go`` before it asks the one behind it."""

    def __init__(self, behind: Any) -> None:
        self.behind = behind
        self.asked = asyncio.Event()
        self.go = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def post(self, body: bytes, headers: Any, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109
        self.asked.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        answer: SubgraphResponse = await self.behind.post(body, headers, timeout)
        return answer

    async def aclose(self) -> None:
        return None


@contextlib.asynccontextmanager
async def listening(village: Village, supergraph: str = SUPERGRAPH, **settings: Any) -> AsyncIterator[tuple[int, Any]]:
    """The router on a socket; yields its port and the gateway."""
    settings.setdefault("telemetry", TelemetryConfig(access_log=False))
    app = create_app(GatewayConfig(**settings), supergraph, village.transports)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="on"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1], app
    finally:
        server.should_exit = True
        await serving


def request_bytes(query: str, accept: str) -> bytes:
    body = orjson.dumps({"query": query})
    head = f"POST /graphql HTTP/1.1\r\nhost: router\r\ncontent-type: application/json\r\naccept: {accept}\r\n"
    return head.encode() + b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body) + body


async def read_head(reader: asyncio.StreamReader) -> dict[bytes, bytes]:
    lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    assert lines[0].startswith(b"HTTP/1.1 200")
    return dict(line.lower().split(b": ", 1) for line in lines[1:] if line)


async def read_chunk(reader: asyncio.StreamReader) -> bytes:
    size = int(await reader.readuntil(b"\r\n"), 16)
    chunk = await reader.readexactly(size)
    assert await reader.readexactly(2) == b"\r\n"
    return chunk


def parts(body: bytes) -> list[dict[str, Any]]:
    """What a strict reader finds: one header per part, each part ended by the next delimiter."""
    before, *found, after = body.split(b"\r\n--graphql")
    assert before == b""
    assert after == b"--\r\n"
    head = b"\r\ncontent-type: application/json\r\n\r\n"
    assert all(part.startswith(head) for part in found)
    return [orjson.loads(part.removeprefix(head)) for part in found]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("multipart/mixed;deferSpec=20220824, application/json", IncrementalFormat.PATHS),
        ('multipart/mixed; boundary="-"; deferSpec="20220824",application/json', IncrementalFormat.PATHS),
        ("multipart/mixed;incrementalSpec=v0.2,application/graphql-response+json", IncrementalFormat.IDS),
        ("application/json, multipart/mixed", IncrementalFormat.UNLABELLED_IDS),
        (
            "application/graphql-response+json, application/json, text/event-stream, multipart/mixed",
            IncrementalFormat.EVENTS,
        ),
        ("multipart/mixed;deferSpec=20220824;q=0.5, multipart/mixed;incrementalSpec=v0.2", IncrementalFormat.IDS),
        ("multipart/mixed;deferSpec=20190101, application/json", None),
        ("multipart/mixed;subscriptionSpec=1.0, application/json", None),
        ("multipart/mixed;q=0, application/json", None),
        ("application/json", None),
        ("*/*", None),
        (None, None),
    ],
)
def test_formats(accept: str | None, expected: IncrementalFormat | None) -> None:
    assert incremental_format(None if accept is None else accept.encode(), "v0.2") is expected


def test_the_operator_says_what_unlabelled_parts_are() -> None:
    assert incremental_format(b"multipart/mixed", "20220824") is IncrementalFormat.UNLABELLED_PATHS


async def test_every_byte_of_the_format_of_2022(village: Village) -> None:
    village.transports["notes"] = notes = Slow(village.transports["notes"])
    async with listening(village) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_bytes(PERSON, BY_PATHS))
        headers = await read_head(reader)
        assert headers[b"content-type"] == b'multipart/mixed;boundary="graphql";deferspec=20220824'
        assert headers[b"cache-control"] == b"no-store"
        assert headers[b"x-accel-buffering"] == b"no"
        assert headers[b"incremental"] == b"?1"
        assert b"content-length" not in headers
        assert await read_chunk(reader) == (
            b"\r\n--graphql\r\ncontent-type: application/json\r\n\r\n"
            b'{"data":{"person":{"name":"Ada"}},"hasNext":true}'
            b"\r\n--graphql"
        )
        notes.go.set()
        assert await read_chunk(reader) == (
            b"\r\ncontent-type: application/json\r\n\r\n"
            b'{"incremental":[{"label":"later","path":["person"],"data":{"notes":[{"text":"note of Ada"}]}}],'
            b'"hasNext":false}'
            b"\r\n--graphql--\r\n"
        )
        assert await read_chunk(reader) == b""
        writer.close()


async def test_every_byte_of_the_format_with_ids(village: Village) -> None:
    village.transports["notes"] = notes = Slow(village.transports["notes"])
    async with listening(village) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_bytes(PERSON, BY_IDS))
        headers = await read_head(reader)
        assert headers[b"content-type"] == b'multipart/mixed;boundary="graphql";incrementalspec=v0.2'
        assert await read_chunk(reader) == (
            b"\r\n--graphql\r\ncontent-type: application/json\r\n\r\n"
            b'{"data":{"person":{"name":"Ada"}},'
            b'"pending":[{"id":"0","path":["person"],"label":"later"}],"hasNext":true}'
            b"\r\n--graphql"
        )
        notes.go.set()
        assert await read_chunk(reader) == (
            b"\r\ncontent-type: application/json\r\n\r\n"
            b'{"incremental":[{"data":{"notes":[{"text":"note of Ada"}]},"id":"0"}],"completed":[{"id":"0"}],'
            b'"hasNext":false}'
            b"\r\n--graphql--\r\n"
        )
        writer.close()


async def test_server_sent_events(serve: Any) -> None:
    async with serve() as client:
        response = await client.post("/graphql", json={"query": PERSON}, headers={"accept": "text/event-stream"})
    assert response.headers["content-type"].startswith("text/event-stream")
    first, second, end, rest = response.text.split("\n\n")
    assert (end, rest) == ("event: complete\ndata: ", "")
    prefix = "event: next\ndata: "
    messages = [orjson.loads(event.removeprefix(prefix)) for event in (first, second)]
    assert reassembly.by_ids(messages).data == {"person": {"name": "Ada", "notes": [{"text": "note of Ada"}]}}


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/graphql-response+json"])
async def test_clients_that_read_no_parts_get_everything_at_once(serve: Any, accept: str) -> None:
    async with serve() as client:
        response = await client.post("/graphql", json={"query": PERSON}, headers={"accept": accept})
    assert response.headers["content-type"].startswith("application/")
    assert response.json() == {"data": {"person": {"name": "Ada", "notes": [{"text": "note of Ada"}]}}}


@pytest.mark.parametrize("accept", [BY_PATHS, BY_IDS, "multipart/mixed", "multipart/mixed;deferSpec=20220824"])
@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ('{ person(id: "1") { name } }', {}),
        ('query ($d: Boolean!) { person(id: "1") { ... @defer(if: $d) { name } } }', {"d": False}),
        ('query ($d: Boolean!) { person(id: "1") { name ... @defer @include(if: $d) { email } } }', {"d": False}),
        ('{ person(id: "1") { name ... @defer { name } } }', {}),
    ],
)
async def test_parts_only_when_something_is_deferred(serve: Any, accept: str, query: str, variables: Any) -> None:
    async with serve() as client:
        request = {"query": query, "variables": variables}
        response = await client.post("/graphql", json=request, headers={"accept": accept})
    assert response.headers["content-type"].startswith("application/json")
    assert response.json() == {"data": {"person": {"name": "Ada"}}}


async def test_one_cached_plan_serves_both_values_of_if(serve: Any) -> None:
    query = 'query ($d: Boolean!) { person(id: "1") { name ... @defer(if: $d) { notes { text } } } }'
    async with serve() as client:
        for value in (True, False, True):
            request = {"query": query, "variables": {"d": value}}
            response = await client.post("/graphql", json=request, headers={"accept": BY_IDS})
            assert ("multipart" in response.headers["content-type"]) is value
        assert client.app.engines.current.kept_operations == 1


async def test_a_dropped_parent_is_not_pending(serve: Any) -> None:
    query = '{ person(id: "404") { name ... @defer { notes { text } } } }'
    async with serve() as client:
        response = await client.post("/graphql", json={"query": query}, headers={"accept": BY_IDS})
    assert response.headers["content-type"].startswith("application/json")
    assert response.json() == {"data": {"person": None}}


async def test_a_failing_subgraph_is_told_with_what_it_took(serve: Any, village: Village) -> None:
    async def broken(body: bytes, headers: Any, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109
        return SubgraphResponse(503, "text/plain", b"")

    village.transports["notes"].post = broken  # type: ignore[method-assign]
    async with serve() as client:
        response = await client.post("/graphql", json={"query": PERSON}, headers={"accept": BY_PATHS})
    first, second = parts(response.content)
    assert first == {"data": {"person": {"name": "Ada"}}, "hasNext": True}
    (patch,) = second["incremental"]
    assert patch["data"] == {"notes": None}
    assert [(error["path"], error["extensions"]["code"]) for error in patch["errors"]] == [
        (["person"], "SUBREQUEST_HTTP_ERROR")
    ]


async def test_the_deadline_ends_deferred_fetches(serve: Any, village: Village) -> None:
    notes = village.transports["notes"].post
    allowed: list[float] = []

    async def measured(body: bytes, headers: Any, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109
        allowed.append(timeout)
        return await notes(body, headers, timeout)

    village.transports["notes"].post = measured  # type: ignore[method-assign]
    async with serve(timeout=60.0, deadline=20.0) as client:
        await client.post("/graphql", json={"query": PERSON}, headers={"accept": BY_IDS})
    assert len(allowed) == 1
    assert allowed[0] <= 20.0


async def test_fetches_are_cancelled_when_the_client_leaves(village: Village) -> None:
    village.transports["notes"] = notes = Slow(village.transports["notes"])
    async with listening(village) as (port, app):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_bytes(PERSON, BY_IDS))
        await read_head(reader)
        await read_chunk(reader)
        await asyncio.wait_for(notes.asked.wait(), 30)
        assert app.engines.current.users == 1
        writer.close()
        await asyncio.wait_for(notes.cancelled.wait(), 30)
        while app.engines.current.users:  # noqa: ASYNC110 - nothing else is told of it
            await asyncio.sleep(0.01)


async def test_mutations_defer_what_they_return(serve: Any) -> None:
    query = 'mutation { rename(id: "1", name: "Eve") { name ... @defer { notes { text } } } }'
    async with serve() as client:
        response = await client.post("/graphql", json={"query": query}, headers={"accept": BY_IDS})
    whole = reassembly.by_ids(parts(response.content))
    assert whole.data["rename"]["notes"] == [{"text": "note of Ada"}]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ('mutation { ... @defer { rename(id: "1", name: "x") { name } } }', "Defer directive cannot be used on root"),
        (
            '{ person(id: "1") { ... @defer(label: "a") { name } ... @defer(label: "a") { id } } }',
            "label argument must be unique",
        ),
        ("subscription { born { ... @defer { name } } }", "Defer directive not supported on subscription"),
        ('query ($l: String) { person(id: "1") { ... @defer(label: $l) { name } } }', "must be a static string"),
    ],
)
async def test_rules(serve: Any, query: str, message: str) -> None:
    async with serve() as client:
        answer = await client.ask(query)
    assert message in answer["errors"][0]["message"]
    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_introspection_knows_it_when_it_is_on(serve: Any) -> None:
    query = "{ __schema { directives { name args { name defaultValue } } } }"
    for enabled in (True, False):
        async with serve(defer=DeferConfig(enabled=enabled)) as client:
            found = (await client.ask(query))["data"]["__schema"]["directives"]
            refused = await client.ask(PERSON)
        args = [{"name": "if", "defaultValue": "true"}, {"name": "label", "defaultValue": None}]
        assert ({"name": "defer", "args": args} in found) is enabled
        assert ("errors" in refused) is not enabled


async def test_introspection_may_stand_in_a_deferred_fragment(serve: Any) -> None:
    query = '{ hello ... @defer { __schema { queryType { ... @defer { name } } } person(id: "1") { name } } }'
    async with serve() as client:
        response = await client.post("/graphql", json={"query": query}, headers={"accept": BY_IDS})
        inline = await client.ask(query)
    whole = reassembly.by_ids(parts(response.content))
    assert whole.data["__schema"] == {"queryType": {"name": "Query"}}
    assert whole.data == inline["data"]


async def test_the_number_of_deferred_fragments_is_limited(serve: Any) -> None:
    query = """
        { person(id: "1") { ...F a: friend { ...F } } }
        fragment F on Person { ... @defer { name } ...G @defer }
        fragment G on Person { id }
    """
    async with serve(limits=LimitsConfig(deferred_fragments=4)) as client:
        assert "errors" not in await client.ask(query)
    async with serve(limits=LimitsConfig(deferred_fragments=3)) as client:
        answer = await client.ask(query)
    assert answer["errors"][0]["extensions"]["code"] == "MAX_DEFER_LIMIT"


async def test_lists_and_nesting_over_http(serve: Any) -> None:
    query = (
        """{ people { name ... @defer(label: "n") { notes { text } friend { ... @defer(label: "f") { name } } } } }"""
    )
    async with serve() as client:
        whole = (await client.ask(query))["data"]
        ids = await client.post("/graphql", json={"query": query}, headers={"accept": BY_IDS})
        paths = await client.post("/graphql", json={"query": query}, headers={"accept": BY_PATHS})
    assert reassembly.by_ids(parts(ids.content)).data == whole
    assert reassembly.by_paths(parts(paths.content)).data == whole
