"""An error at a field that turns out not to be selected for the object's type concerns nobody, deferred or not."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import parse

from router.executor import ExecutionPolicy, RequestContext, compile_plan
from router.planner import Planner
from tests.router import reassembly
from tests.router.executor.subgraphs import Scripted
from tests.router.fuzz.deferred import undeferred
from tests.router.planner.conftest import read

SUBGRAPHS = {
    "nodes": """
        type Query { some: Node }
        interface Node @key(fields: "id") { id: ID! }
        type A implements Node @key(fields: "id") { id: ID! size: Int }
        type B implements Node @key(fields: "id") { id: ID! size: Int }
    """,
    "labels": """
        type Query { any: Node all: [Node] box: Box }
        type Box { any: Node name: String }
        type Node @key(fields: "id") @interfaceObject { id: ID! label: String part: Part }
        type Part { weight: Int }
    """,
}


def nodes(request: Any) -> Any:
    """Every node is a B."""
    (key, representations), *_ = request["variables"].items()
    assert key
    return {"data": {"_entities": [{"__typename": "B", "id": one["id"], "size": 1} for one in representations]}}


async def answers(
    operation: str, labels: Any, policy: ExecutionPolicy | None = None
) -> tuple[Any, list[reassembly.Reassembled]]:
    """The whole answer, and what readers of each format make of the deferred one."""
    supergraph = read(SUBGRAPHS)
    planner, schema = Planner(supergraph), supergraph.api_schema

    def context() -> RequestContext:
        found = RequestContext({"nodes": Scripted(nodes), "labels": Scripted(labels)})
        found.policy = policy or found.policy
        return found

    whole = await compile_plan(planner.plan(undeferred(parse(operation))), schema).execute(context())
    incremental = compile_plan(planner.plan(parse(operation)), schema).incremental
    assert incremental is not None
    ids, paths = await reassembly.messages(incremental, context())
    return whole, [reassembly.by_ids(ids), reassembly.by_paths(paths)]


def shown(errors: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [(error["message"], error.get("path")) for error in errors]


NODE = {"id": "1", "label": None, "part": None}


@pytest.mark.parametrize(
    ("operation", "data", "path", "told"),
    [
        ("{ any { id ... @defer { ... on A { label } ... on B { size } } } }", {"any": NODE}, ["any", "label"], False),
        ("{ any { id ... @defer { ... on B { label size } } } }", {"any": NODE}, ["any", "label"], True),
        ("{ any { ... on A { label } ... @defer { ... on B { size } } } }", {"any": NODE}, ["any", "label"], False),
        (
            "{ any { ... on A { label } ... @defer { ... on B { label } } } }",
            {"any": NODE},
            ["any", "label"],
            True,  # with the fragment, not with the first answer
        ),
        (
            "{ any { id ... @defer { ... on A { part { weight } } ... on B { size } } } }",
            {"any": {**NODE, "part": {"__typename": "Part", "weight": None}}},
            ["any", "part", "weight"],
            False,
        ),
        (
            "{ any { id ... @defer { ... on A { part { weight } } ... on B { part { __typename } } } } }",
            {"any": {**NODE, "part": {"__typename": "Part", "weight": None}}},
            ["any", "part", "weight"],
            False,
        ),
        (
            "{ box { name ... @defer { any { ... on A { label } ... on B { size } } } } }",
            {"box": {"name": "b", "any": NODE}},
            ["box", "any", "label"],
            False,
        ),
        (
            "{ all { id ... @defer { ... on A { label } ... on B { size } } } }",
            {"all": [NODE, {**NODE, "id": "2"}]},
            ["all", 1, "label"],
            False,
        ),
    ],
)
async def test_as_in_a_whole_answer(operation: str, data: Any, path: list[Any], told: bool) -> None:
    labels = {"data": data, "errors": [{"message": "no label", "path": path}]}
    whole, deferred = await answers(operation, labels)
    assert shown(whole.errors) == ([("no label", path)] if told else [])
    for answer in deferred:
        assert answer.data == whole.data
        assert shown(answer.errors) == shown(whole.errors)


async def test_no_more_errors_than_a_whole_answer_has() -> None:
    labels = {"data": {"box": None, "all": [{"label": ["no text"]} for _ in range(50)]}}
    operation = "{ box { name } ... @defer { all { label } } }"
    whole, deferred = await answers(operation, labels, ExecutionPolicy(max_errors=3))
    assert len(whole.errors) == 4
    for answer in deferred:
        assert shown(answer.errors) == shown(whole.errors)
