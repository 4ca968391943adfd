"""Introspection is split off and never sent to a subgraph."""

from __future__ import annotations

import re

from graphql import OperationDefinitionNode, build_schema, graphql_sync, parse

from router.planner.introspection import introspection_document
from router.query_plan.nodes import fetches
from tests.router.planner.conftest import MakePlan

SUBGRAPHS = {"a": "type Query { q: Int }"}


def test_alone_it_needs_no_fetch(make_plan: MakePlan) -> None:
    plan = make_plan(SUBGRAPHS, "{ __schema { queryType { name } } }")
    assert plan.node is None
    assert plan.introspection is not None
    assert plan.response[0].origin == "introspection"


def test_mixed_with_fields_fragments_and_variables(make_plan: MakePlan) -> None:
    plan = make_plan(
        SUBGRAPHS,
        """
        query Mixed($name: String!, $with: Boolean!) {
          q
          ...Meta @include(if: $with)
        }
        fragment Meta on Query { again: q __type(name: $name) { ...Type } }
        fragment Type on __Type { kind name }
        """,
    )
    assert [fetch.document for fetch in fetches(plan.node)] == ["query($with:Boolean!){q again:q@include(if:$with)}"]
    assert plan.introspection is not None
    assert "q\n" not in plan.introspection
    assert "__type(name: $name)" in plan.introspection
    assert "@include(if: $with)" in plan.introspection
    assert "fragment Type on __Type" in plan.introspection
    assert [(field.response_key, field.origin) for field in plan.response] == [
        ("q", "data"),
        ("again", "data"),
        ("__type", "introspection"),
    ]


def test_fragments_that_would_explode_are_reduced_once_each() -> None:
    levels = range(60)
    document = parse(
        "{ ...F0 }"
        + "".join(
            f" fragment F{n} on Query {{ q ...F{n + 1} ... @include(if: true) {{ ...F{n + 1} }} }}" for n in levels
        )
        + " fragment F60 on Query { q __typename __schema { queryType { name } } }"
    )
    (operation, *_) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    reduced = introspection_document(document, operation)
    assert reduced is not None
    assert [*re.findall(r"fragment (\w+)", reduced)] == [f"F{n}" for n in range(61)]
    assert "q\n" not in reduced
    assert "__typename" not in reduced
    schema = build_schema(SUBGRAPHS["a"])
    assert graphql_sync(schema, reduced).data == {"__schema": {"queryType": {"name": "Query"}}}


def test_fragments_that_ask_nothing_of_the_schema_are_left_out() -> None:
    document = parse(
        "{ ...A ...B } fragment A on Query { q } fragment B on Query { ...A ... { __type(name: $t) { ...T } ...A } }"
        " fragment T on __Type { name }"
    )
    (operation, *_) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    reduced = introspection_document(document, operation)
    assert reduced is not None
    assert " ".join(reduced.split()) == (
        "{ ...B } fragment B on Query { ... { __type(name: $t) { ...T } } } fragment T on __Type { name }"
    )
