"""Composition, planning and execution together: the router's answer equals that of one plain schema.

Operations are random but seeded. With a subgraph that fails, what is left must be a part of the right answer, and
every null that should not be there must have an error at, above or below it.
"""

from __future__ import annotations

import asyncio
import random
from functools import cache
from typing import Any

import pytest
from graphql import (
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    parse,
    validate,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from router.composition.compose import compose
from router.composition.subgraph.subgraph import SubgraphSource
from router.executor import AsgiTransport, RequestContext, Response, SubgraphUnreachable, compile_plan
from router.planner import Planner
from router.query_plan.nodes import fetches
from router.supergraph import Supergraph
from tests.router.executor import shop
from tests.router.executor.federation import resolver
from tests.router.executor.subgraphs import Scripted

MERGED = build_schema(shop.MERGED)
ARGUMENTS = {"Query.product": ["1", "3"], "Query.node": ["1", "2"]}


@cache
def planner() -> tuple[Planner, GraphQLSchema]:
    sources = [SubgraphSource(name, f"http://{name}", graph.sdl) for name, graph in shop.subgraphs().items()]
    composed = compose(sources)
    assert composed.supergraph_sdl is not None, composed.errors
    supergraph = Supergraph.from_sdl(composed.supergraph_sdl)
    return Planner(supergraph), supergraph.api_schema


async def answer(operation: str, variables: dict[str, Any] | None = None, **replaced: Any) -> Response:
    """The router's answer; ``replaced`` are transports instead of those of healthy subgraphs."""
    plan_of, schema = planner()
    document = parse(operation)
    assert validate(schema, document) == []
    plan = plan_of.plan(document, None)
    transports = {name: AsgiTransport(graph) for name, graph in shop.subgraphs().items()}
    context = RequestContext({**transports, **replaced}, variables or {})
    response = await compile_plan(plan, schema).execute(context)
    assert len(response.fetches) <= len(list(fetches(plan.node)))
    return response


def expected(operation: str, variables: dict[str, Any] | None = None) -> Any:
    result = execute_sync(
        MERGED, parse(operation), shop.ROOTS, variable_values=variables, field_resolver=resolver(shop.RECORDS)
    )
    assert result.errors is None
    return result.data


class Operation:
    """A random query against the merged schema."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - test data
        self._aliases = 0
        both = "yes: __typename @include(if: $yes) no: __typename @include(if: $no)"
        inner = self._selection(MERGED.query_type, 0).removeprefix("{")
        self.text = f"query($yes: Boolean! $no: Boolean!) {{ {both}{inner}"

    def _selection(self, type_: Any, depth: int) -> str:
        chosen = []
        if is_abstract_type(type_):
            possible = MERGED.get_possible_types(type_)
            asked = self._random.sample(possible, self._random.randint(0, len(possible)))
            chosen += [f"... on {concrete.name} {self._selection(concrete, depth)}" for concrete in asked]
        for name, field in getattr(type_, "fields", {}).items():
            if self._random.random() < (0.3, 0.45, 0.3, 0.25, 0.2)[depth]:
                text = self._field(type_.name, name, field, depth)
                chosen += [text] if text else []
        if not chosen:
            chosen.append("__typename")
        return "{ " + " ".join(chosen) + " }"

    def _field(self, parent: str, name: str, field: Any, depth: int) -> str | None:
        named = get_named_type(field.type)
        if not is_leaf_type(named) and depth > 3:
            return None
        known = ARGUMENTS.get(f"{parent}.{name}")
        arguments = f'(id: "{self._random.choice(known)}")' if known else ""
        if name == "related":
            arguments = self._random.choice(["", "(first: 1)"])
        directive = self._random.choice(["", "", "", " @include(if: $yes)", " @include(if: $no)", " @skip(if: $no)"])
        key = name
        if arguments or directive or not is_leaf_type(named) or self._random.random() < 0.2:
            self._aliases += 1  # a key of its own: fields under different conditions or arguments do not merge
            key = f"k{self._aliases}: {name}"
        inner = "" if is_leaf_type(named) else f" {self._selection(named, depth + 1)}"
        return f"{key}{arguments}{directive}{inner}"


VARIABLES = {"yes": True, "no": False}


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**40))
def test_the_answer_is_that_of_the_merged_schema(seed: int) -> None:
    operation = Operation(seed).text
    response = asyncio.run(answer(operation, VARIABLES))
    assert response.errors == [], operation
    assert response.data == expected(operation, VARIABLES), operation
    assert repr(response.data) == repr(expected(operation, VARIABLES)), operation


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**40), st.sampled_from(sorted(shop.SDL)), st.sampled_from(["down", "empty", "refusing"]))
def test_a_failing_subgraph_leaves_a_part_of_the_right_answer(seed: int, name: str, how: str) -> None:
    operation = Operation(seed).text
    reply: Any = {
        "down": SubgraphUnreachable("refused"),
        "empty": {"data": {}},
        "refusing": {"data": None, "errors": [{"message": "no"}]},
    }[how]
    response = asyncio.run(answer(operation, VARIABLES, **{name: Scripted(reply)}))
    paths = {tuple(error.get("path", ())) for error in response.errors}
    for missing in _missing(response.data, expected(operation, VARIABLES), ()):
        assert any(path[: len(missing)] == missing or missing[: len(path)] == path for path in paths), (
            operation,
            missing,
            response.errors,
        )


def _missing(actual: Any, right: Any, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Where ``actual`` has null instead of something; anything else that differs fails."""
    if actual is None:
        return [] if right is None else [path]
    if isinstance(right, dict):
        assert list(actual) == list(right), path
        return [found for key in right for found in _missing(actual[key], right[key], (*path, key))]
    if isinstance(right, list):
        assert len(actual) == len(right), path
        return [
            found
            for index, (one, other) in enumerate(zip(actual, right, strict=True))
            for found in _missing(one, other, (*path, index))
        ]
    assert actual == right, path
    return []


@pytest.mark.parametrize(
    "operation",
    [
        "{ products { shipping price } }",
        "{ shelves { stock reviews { stars } } }",
        "{ a: product(id: 1) { stock } b: product(id: 1) { stock name } c: product(id: 2) { stock } }",
        "{ search { __typename ... on Product { rating } ... on Category { parent { title } } } }",
        "{ me { reviews { product { warehouse { city region { name } } } } verdict } }",
        "{ id: me { id: name friends { id: name verdict } } }",
    ],
)
async def test_chosen_operations(operation: str) -> None:
    response = await answer(operation)
    assert response.errors == []
    assert response.data == expected(operation)


async def test_a_mutation_runs_field_by_field_and_is_completed_by_entities() -> None:
    operation = """
        mutation { a: rename(id: 1, name: "x") { stock } f: follow(id: 2) { verdict } b: discontinue(id: 2) { rating } }
    """
    response = await answer(operation)
    assert response.data == {"a": {"stock": 7}, "f": {"verdict": "User 2 is kind"}, "b": {"rating": 1.0}}
    assert response.errors == []
