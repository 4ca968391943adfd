"""A deferred fragment whose own non-null field is lost fails as a whole, and its ``completed`` says why."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import parse

from router.executor import RequestContext, SubgraphUnreachable, compile_plan
from router.planner import Planner
from tests.router import reassembly
from tests.router.executor.subgraphs import Scripted
from tests.router.planner.conftest import read

SUBGRAPHS = {
    "names": """
        type Query { me: User }
        type User @key(fields: "id") { id: ID! name: String }
    """,
    "ages": """
        type User @key(fields: "id") { id: ID! age: Int! mood: String pet: Pet }
        type Pet { legs: Int! }
    """,
}
LOST = {"message": "forgotten", "path": ["_entities", 0, "age"]}


async def deferred(operation: str, ages: Any) -> list[dict[str, Any]]:
    supergraph = read(SUBGRAPHS)
    plan = compile_plan(Planner(supergraph).plan(parse(operation)), supergraph.api_schema).incremental
    assert plan is not None
    names = Scripted({"data": {"me": {"name": "Ada", "id": "1"}}})
    ids, paths = await reassembly.messages(plan, RequestContext({"names": names, "ages": Scripted(ages)}))
    assert paths[0]["data"] == ids[0]["data"] == {"me": {"name": "Ada"}}
    return ids


def shown(errors: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [(error["message"], error.get("path")) for error in errors]


async def test_its_own_field() -> None:
    (_, last) = await deferred(
        '{ me { name ... @defer(label: "x") { age mood } } }',
        {"data": {"_entities": [None]}, "errors": [LOST]},
    )
    assert "incremental" not in last
    (completed,) = last["completed"]
    assert completed["id"] == "0"
    assert shown(completed["errors"]) == [("forgotten", ["me", "age"])]
    assert last["hasNext"] is False


async def test_a_field_below_a_nullable_one_does_not_end_it() -> None:
    pet = {"message": "no legs", "path": ["_entities", 0, "pet", "legs"]}
    (_, last) = await deferred(
        "{ me { name ... @defer { mood pet { legs } } } }",
        {"data": {"_entities": [{"mood": "good", "pet": None}]}, "errors": [pet]},
    )
    (one,) = last["incremental"]
    assert one["data"] == {"mood": "good", "pet": None}
    assert shown(one["errors"]) == [("no legs", ["me", "pet", "legs"])]
    assert last["completed"] == [{"id": "0"}]


@pytest.mark.parametrize("ages", [SubgraphUnreachable("refused"), {"data": None, "errors": [{"message": "down"}]}])
async def test_a_subgraph_that_is_not_there(ages: Any) -> None:
    (_, last) = await deferred("{ me { name ... @defer { age } } }", ages)
    (completed,) = last["completed"]
    (error,) = completed["errors"]
    assert error["path"] == ["me"]
    assert error["extensions"]["service"] == "ages"


async def test_one_of_two_fragments() -> None:
    """The other one keeps what it has, although both came with one answer."""
    found = await deferred(
        '{ me { name ... @defer(label: "a") { age } ... @defer(label: "b") { mood } } }',
        lambda request: (
            {"data": {"_entities": [None]}, "errors": [LOST]}
            if "age" in request["query"]
            else {"data": {"_entities": [{"mood": "good"}]}}
        ),
    )
    labels = {one["id"]: one["label"] for message in found for one in message.get("pending", ())}
    completed = {labels[one["id"]]: one.get("errors") for message in found for one in message.get("completed", ())}
    assert shown(completed["a"] or []) == [("forgotten", ["me", "age"])]
    assert completed["b"] is None
    data = [(labels[one["id"]], one["data"]) for message in found for one in message.get("incremental", ())]
    assert data == [("b", {"mood": "good"})]


async def test_an_error_below_a_null_of_the_first_answer_comes_with_it() -> None:
    """The field it stands at is a deferred fragment's, which nothing will come of."""
    subgraphs = {"a": "type Query { me: User } type User { name: String id: ID! }"}
    supergraph = read(subgraphs)
    plan = Planner(supergraph).plan(parse("{ me { name ... @defer { id } } }"))
    compiled = compile_plan(plan, supergraph.api_schema).incremental
    assert compiled is not None
    a = Scripted({"data": {"me": None}, "errors": [{"message": "no id", "path": ["me", "id"]}]})
    (only,), _ = await reassembly.messages(compiled, RequestContext({"a": a}))
    assert only["data"] == {"me": None}
    assert shown(only["errors"]) == [("no id", ["me", "id"])]
