"""A plan test is subgraphs, an operation, and the plan as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import dedent

import pytest
from graphql import parse, validate

from router.composition import SubgraphSource, compose
from router.planner import Planner
from router.query_plan import QueryPlan, print_plan
from router.supergraph import Supergraph

MakePlan = Callable[..., QueryPlan]
AssertPlan = Callable[[Mapping[str, str], str, str], None]

_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable", "@external",'
    ' "@requires", "@provides", "@override", "@inaccessible", "@interfaceObject", "@extends"])\n'
)


def read(subgraphs: Mapping[str, str]) -> Supergraph:
    """Compose subgraphs; ``{"supergraph": sdl}`` is read as it is."""
    if (sdl := subgraphs.get("supergraph")) is None:
        sources = [SubgraphSource(name, f"http://{name}", _LINK + text) for name, text in subgraphs.items()]
        result = compose(sources)
        assert not result.errors
        sdl = result.supergraph_sdl
    assert sdl is not None
    return Supergraph.from_sdl(sdl)


@pytest.fixture
def make_plan() -> MakePlan:
    """``make_plan(subgraphs, operation, unauthorized)`` validates and plans."""

    def make(
        subgraphs: Mapping[str, str], operation: str, unauthorized: frozenset[tuple[str, str]] = frozenset()
    ) -> QueryPlan:
        supergraph = read(subgraphs)
        document = parse(operation)
        assert validate(supergraph.api_schema, document) == []
        return Planner(supergraph).plan(document, unauthorized=unauthorized)

    return make


@pytest.fixture
def assert_plan(make_plan: MakePlan) -> AssertPlan:
    """``assert_plan(subgraphs, operation, text)``; the text may be indented as the test is."""

    def check(subgraphs: Mapping[str, str], operation: str, text: str) -> None:
        assert print_plan(make_plan(subgraphs, operation)) == dedent(text).strip()

    return check
