"""A plan as a flowchart: each fetch is one box, whatever waits has an arrow, and labels cannot break out."""

from __future__ import annotations

from dataclasses import replace

from graphql import parse

from router.planner import Planner
from router.query_plan import plan_to_mermaid
from router.query_plan.nodes import Sequence
from tests.router.planner.conftest import read

SUBGRAPHS = {
    "a": 'type Query { p(id: ID!): P } type P @key(fields: "id") { id: ID! x: Int }',
    "b": 'type P @key(fields: "id") { id: ID! y: Int }',
    "c": 'type P @key(fields: "id") { id: ID! z: Int }',
}


def test_fetches_and_what_they_wait_for() -> None:
    planner = Planner(read(SUBGRAPHS))
    document = parse("query($v: Boolean!) { p(id: 1) { x y z @include(if: $v) } }")
    text = plan_to_mermaid(planner.plan(document))
    assert text == plan_to_mermaid(planner.plan(document))
    assert text.split("\n") == [
        "flowchart LR",
        '  f0["a<br/>p"]',
        '  f1["b<br/>P at p"]',
        '  c0{"if $v"}',
        '  f2["c<br/>P at p"]',
        "  c0 --> f2",
        "  f0 --> f1",
        "  f0 --> c0",
    ]


def test_labels_are_escaped() -> None:
    plan = Planner(read(SUBGRAPHS)).plan(parse("{ p(id: 1) { y } }"))
    assert isinstance(plan.node, Sequence)
    first, *rest = plan.node.nodes
    named = replace(plan, node=Sequence((replace(first, service='a"]<b>#&'), *rest)))  # type: ignore[call-arg]
    assert '  f0["a#quot;]#lt;b#gt;#35;#amp;<br/>p"]' in plan_to_mermaid(named).split("\n")
