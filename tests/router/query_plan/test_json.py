"""A plan as JSON says everything the executor goes by."""

from __future__ import annotations

import json

from graphql import parse

from router.planner import Planner
from router.query_plan import plan_to_json
from tests.router.planner.conftest import read

SUBGRAPHS = {
    "a": 'type Query { p(id: ID!): P } type P @key(fields: "id") { id: ID! x: Int }',
    "b": 'type P @key(fields: "id") { id: ID! other(n: Int): Int }',
}


def test_plan_to_json() -> None:
    operation = "query Q($n: Int = 2, $y: Boolean!) { p(id: 1) { other(n: $n) @include(if: $y) } }"
    plan = plan_to_json(Planner(read(SUBGRAPHS)).plan(parse(operation)))
    assert json.loads(json.dumps(plan)) == plan
    assert plan["operationName"] == "Q"
    first, second = plan["node"]["nodes"]
    assert first["operation"] == "query($y:Boolean!){p(id:1){id@include(if:$y)}}"
    assert second == {
        "kind": "Condition",
        "include": "$y",
        "node": {
            "kind": "EntityFetch",
            "serviceName": "b",
            "operationKind": "query",
            "operation": (
                "query($representations:[_Any!]!,$n:Int=2)"
                "{_entities(representations:$representations){...on P{other(n:$n)}}}"
            ),
            "variableUsages": ["n"],
            "calls": [
                {
                    "responseKey": "_entities",
                    "representationsVariable": "representations",
                    "paths": ["p"],
                    "representations": ["... on P { __typename id }"],
                    "include": None,
                }
            ],
        },
    }
    assert plan["response"][0]["selections"][0] == {
        "responseKey": "other",
        "sourceKey": "other",
        "field": "P.other",
        "type": "Int",
        "types": None,
        "include": "$y",
        "origin": "data",
        "selections": [],
    }
