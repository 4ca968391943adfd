"""A plan test is subgraphs, an operation, and the plan as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import dedent
from typing import Any

import pytest
from graphql import parse, validate

from router.composition import SubgraphSource, compose
from router.executor import RequestContext, Response, compile_plan
from router.planner import Planner
from router.query_plan import QueryPlan, print_plan
from router.supergraph import Supergraph, with_defer
from tests.router.executor.subgraphs import Reply, Scripted

MakePlan = Callable[..., QueryPlan]
AssertPlan = Callable[[Mapping[str, str], str, str], None]

_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", "@shareable", "@external",'
    ' "@requires", "@provides", "@override", "@inaccessible", "@interfaceObject", "@extends", "@context",'
    ' "@fromContext"])\n'
)


def source(name: str, sdl: str) -> SubgraphSource:
    """A subgraph of Federation 2, or of Federation 1 if its first line says so."""
    first = sdl.strip().partition("\n")[0]
    return SubgraphSource(name, f"http://{name}", sdl if first == "# Federation 1" else _LINK + sdl)


def read(subgraphs: Mapping[str, str]) -> Supergraph:
    """Compose subgraphs; ``{"supergraph": sdl}`` is read as it is."""
    if (sdl := subgraphs.get("supergraph")) is None:
        result = compose([source(name, text) for name, text in subgraphs.items()])
        assert not result.errors, [str(error) for error in result.errors]
        sdl = result.supergraph_sdl
    assert sdl is not None
    return Supergraph.from_sdl(sdl)


async def ask(
    subgraphs: Mapping[str, str],
    operation: str,
    variables: Mapping[str, Any] | None = None,
    **scripts: Scripted | Reply,
) -> Response:
    """Compose, validate, plan and execute, with an answer, or what makes one of a request, for each subgraph."""
    supergraph = read(subgraphs)
    document = parse(operation)
    assert validate(supergraph.api_schema, document) == []
    transports = {
        name: script if isinstance(script, Scripted) else Scripted(script) for name, script in scripts.items()
    }
    executable = compile_plan(Planner(supergraph).plan(document), supergraph.api_schema)
    return await executable.execute(RequestContext(transports, variables or {}))


@pytest.fixture
def make_plan() -> MakePlan:
    """``make_plan(subgraphs, operation, unauthorized)`` validates and plans."""

    def make(
        subgraphs: Mapping[str, str], operation: str, unauthorized: frozenset[tuple[str, str]] = frozenset()
    ) -> QueryPlan:
        supergraph = read(subgraphs)
        document = parse(operation)
        assert validate(with_defer(supergraph.api_schema), document) == []
        return Planner(supergraph).plan(document, unauthorized=unauthorized)

    return make


@pytest.fixture
def assert_plan(make_plan: MakePlan) -> AssertPlan:
    """``assert_plan(subgraphs, operation, text)``; the text may be indented as the test is."""

    def check(subgraphs: Mapping[str, str], operation: str, text: str) -> None:
        assert print_plan(make_plan(subgraphs, operation)) == dedent(text).strip()

    return check
