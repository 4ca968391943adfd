"""Probes, metrics, the access log, and replacing the supergraph while requests run."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from router.executor import SubgraphResponse
from router.gateway.config import IdentityConfig, ReadinessConfig, TelemetryConfig
from router.gateway.identity import ANONYMOUS
from router.gateway.telemetry.report import Report
from router.supergraph import SupergraphError
from tests.router.gateway.village import SUPERGRAPH


async def test_health_and_readiness(client: Any) -> None:
    assert (await client.get("/health")).json() == {"status": "ok"}
    ready = await client.get("/ready")
    assert (ready.status_code, ready.json()) == (
        200,
        {"status": "ready", "checks": {"supergraph": True, "accepting": True}},
    )
    client.app.health.draining = True
    assert (await client.get("/ready")).status_code == 503
    assert (await client.get("/health")).status_code == 200


async def test_readiness_can_ask_the_subgraphs(serve: Any, village: Any) -> None:
    async with serve(readiness=ReadinessConfig(subgraphs=True)) as client:
        checks = (await client.get("/ready")).json()["checks"]
        assert (checks["subgraph people"], checks["subgraph notes"]) == (True, True)
        await village.transports["notes"].aclose()
        ready = await client.get("/ready")
        assert (ready.status_code, ready.json()["checks"]["subgraph notes"]) == (503, False)


async def test_readiness_asks_for_the_key_set(serve: Any, tmp_path: Any) -> None:
    config = IdentityConfig("issuer", "shop", jwks_file=tmp_path / "absent.json")
    async with serve(identity=config) as client:
        ready = await client.get("/ready")
        assert (ready.status_code, ready.json()["checks"]["keys"]) == (503, False)
        response = await client.post("/graphql", json={"query": "{ hello }"})
        assert response.status_code == 200


async def test_metrics(serve: Any) -> None:
    async with serve(telemetry=TelemetryConfig(access_log=False, operation_names=("Known",))) as client:
        for _ in range(2):
            await client.ask("query Known { hello }")
        await client.ask("query Unknown { fails }")
        await client.ask("{ hello")
        response = await client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = set(response.text.splitlines())
    for line in (
        'router_http_request_duration_seconds_count{status="200"} 4.0',
        'router_phase_duration_seconds_count{phase="execute"} 3.0',
        'router_phase_duration_seconds_count{phase="serialise"} 4.0',
        'router_subgraph_request_duration_seconds_count{outcome="answered",subgraph="people"} 3.0',
        'router_operation_cache_requests_total{cache="operation",outcome="hit"} 1.0',
        'router_operation_cache_requests_total{cache="operation",outcome="miss"} 3.0',
        'router_graphql_errors_total{code="INTERNAL_SERVER_ERROR"} 1.0',
        'router_graphql_errors_total{code="GRAPHQL_PARSE_FAILED"} 1.0',
        'router_operations_total{operation="Known",type="query"} 2.0',
        "router_http_requests_in_flight 0.0",
        "router_engines 1.0",
        "router_operations_kept 2.0",
    ):
        assert line in lines, line
    assert "Unknown" not in response.text
    assert 'operation="bucket-' in response.text


async def test_the_access_log_is_one_json_line(serve: Any, capsys: pytest.CaptureFixture[str]) -> None:
    async with serve(telemetry=TelemetryConfig(access_log=True)) as client:
        await client.ask(
            "query Q { fails }",
            headers={
                "x-request-id": "r-9",
                "apollographql-client-name": "ios",
                "apollographql-client-version": "",
                "authorization": "x",
            },
        )
    (line,) = capsys.readouterr().out.splitlines()
    entry = json.loads(line)
    assert entry.pop("time").endswith("+00:00")
    assert entry.pop("milliseconds") > 0
    assert entry.pop("bytes") > 0
    assert entry == {
        "request_id": "r-9",
        "method": "POST",
        "path": "/graphql",
        "status": 200,
        "operation_type": "query",
        "operation": "Q",
        "client": "ios",
        "client_version": None,
        "caller": "anonymous",
        "errors": ["INTERNAL_SERVER_ERROR"],
    }


async def test_access_log_lines_do_not_wait_for_others(serve: Any, capsys: pytest.CaptureFixture[str]) -> None:
    async with serve(telemetry=TelemetryConfig(access_log=True)) as client:
        await client.ask("{ hello }")
        written = ""
        async with asyncio.timeout(20):
            while not written:
                await asyncio.sleep(0.01)
                written = capsys.readouterr().out
        assert written.count("\n") == 1
        report = Report(
            0.0, b"r", "POST", "/graphql", 200, 9, 0.5, (), 0.0, None, None, None, ANONYMOUS, (), (), False, None
        )
        for _ in range(1000):
            client.app.reports.add(report)
        assert capsys.readouterr().out.count('"request_id":"r"') == 1000  # many do not wait at all


OTHER = SUPERGRAPH.replace('hello(name: String = "world"): String', "hello: String")


async def test_a_new_supergraph_serves_at_once(client: Any) -> None:
    assert "errors" not in await client.ask('{ hello(name: "you") }')
    await client.app.reload(OTHER)
    assert (await client.ask('{ hello(name: "you") }'))["errors"][0]["extensions"][
        "code"
    ] == "GRAPHQL_VALIDATION_FAILED"
    assert client.app.engines.engines == 1


@pytest.mark.parametrize(
    ("sdl", "message"),
    [
        ("type Query {", "The supergraph is not GraphQL SDL: Syntax Error"),
        ("type Query { a: Int }", "links no join specification"),
        (
            SUPERGRAPH.replace("policy/v0.1", "vault/v1.0"),
            "The supergraph needs https://specs.apollo.dev/vault/v1.0, which this router does not know.",
        ),
        (
            SUPERGRAPH.replace("https://specs.apollo.dev/policy/v0.1", "https://policy.test/policy/v0.1"),
            "The supergraph needs https://policy.test/policy/v0.1",
        ),
    ],
)
async def test_a_bad_supergraph_never_replaces_a_good_one(client: Any, sdl: str, message: str) -> None:
    with pytest.raises(SupergraphError, match=message):
        await client.app.reload(sdl)
    assert await client.ask("{ hello }") == {"data": {"hello": "Hello world"}}
    assert 'router_supergraph_reloads_total{outcome="refused"} 1.0' in (await client.get("/metrics")).text


async def test_features_without_purpose_may_be_unknown(client: Any) -> None:
    await client.app.reload(SUPERGRAPH.replace('policy/v0.1", for: SECURITY', 'sparkle/v0.1"'))


async def test_requests_end_on_the_engine_they_began_on(client: Any, village: Any) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def wait(body: bytes, headers: Any, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109
        arrived.set()
        await go_on.wait()
        return SubgraphResponse(200, "application/json", b'{"data":{"hello":"old"}}')

    village.transports["people"].post = wait
    asking = asyncio.create_task(client.ask('{ hello(name: "x") }'))
    await arrived.wait()
    await client.app.reload(OTHER)
    assert client.app.engines.engines == 2
    go_on.set()
    assert await asking == {"data": {"hello": "old"}}
    assert client.app.engines.engines == 1
