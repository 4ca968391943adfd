"""Introspection is split off and never sent to a subgraph."""

from __future__ import annotations

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
