"""Whatever JSON subgraphs answer, an execution ends with a response that conforms to the API schema."""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Iterator
from typing import Any

import orjson
from graphql import build_schema, execute_sync, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from router.executor import ExecutablePlan, RequestContext
from router.query_plan.nodes import ITEMS, EntityFetch, OnTypes, Parallel, Representation, RepresentationField
from router.query_plan.nodes import RepresentationSelection as Selection
from router.query_plan.nodes import Sequence as Steps
from tests.router.executor.planning import call, plan, root
from tests.router.executor.subgraphs import Scripted, answer

SCHEMA = build_schema("""
    type Query { list: [[Thing]]  one: Box  must: Int! }
    interface Thing { id: ID! }
    type Box implements Thing { id: ID!  size: Int!  inner: Box  any: Json  color: Color }
    type Bag implements Thing { id: ID!  label: String }
    enum Color { RED }
    scalar Json
""")
OPERATION = """{
    list { id ... on Box { size any } ... on Bag { label } }  one { size color inner { inner { id } } }  must
}"""
INNER = RepresentationField("inner", "inner", False, (Selection(None, (RepresentationField("id", "id", True),)),))
BOX = Representation(frozenset({"Box"}), None, (RepresentationField("id", "id", True), INNER))
BAG = Representation(None, "Bag", (RepresentationField("id", "id", True), RepresentationField("any", "any", False)))
DOCUMENT = """query($a:[_Any!]!$b:[_Any!]!){
    a:_entities(representations:$a){...on Box{size inner{id inner{id}}}}
    b:_entities(representations:$b){...on Bag{label}}
}"""
CALLS = (
    call(
        "a",
        "a",
        "Box",
        ("one",),
        ("one", "inner"),
        ("list", ITEMS, ITEMS, OnTypes(frozenset({"Box"}))),
        representations=(BOX, BAG),
    ),
    call("b", "b", "Bag", ("list", ITEMS, ITEMS), representations=(BAG,)),
)
NODE = Steps(
    (
        Parallel((root("x", "{list{id} one{id}}"), root("y", "{one{size inner{id}} must}"))),
        EntityFetch("z", DOCUMENT, (), CALLS),
        EntityFetch("z", DOCUMENT, (), CALLS),
    )
)
EXECUTABLE = ExecutablePlan(plan(SCHEMA, OPERATION, NODE), SCHEMA)

KEYS = ["list", "one", "must", "inner", "id", "size", "any", "label", "color", "__typename", "a", "b"]
LEAVES = st.sampled_from([None, True, 0, 7, 2**40, 1.5, "", "1", "Box", "Bag", "Secret", "RED", "BLUE"])
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)
BEGUN = st.sampled_from(
    [
        [],
        [],
        ["list"],
        ["list", 0],
        ["list", 0, 0],
        ["one"],
        ["one", "inner"],
        ["a", 0],
        ["b", 1],
        ["list", 99],
        ["list", -1],
        ["one", 0],
    ]
)
PATHS = st.builds(operator.add, BEGUN, st.lists(st.sampled_from([*KEYS, 0, 1, -1, 99, 2**63]), max_size=4))
ERRORS = st.none() | st.lists(st.fixed_dictionaries({"path": PATHS | ANYTHING}), max_size=2)
ANSWERS = st.builds(lambda data, errors: {"data": data, "errors": errors}, ANYTHING, ERRORS) | ANYTHING

BOXED = {"__typename": "Box", "id": "1"}
GOOD = {
    "x": {"data": {"list": [[BOXED, None, {"__typename": "Bag", "id": "2"}], None, [BOXED]], "one": BOXED}},
    "y": {"data": {"one": {"size": 3, "inner": {"id": "1"}}, "must": 5}},
    "z": {
        "data": {
            "a": [
                {"size": 7, "inner": {"id": "1", "inner": None}},
                {"size": 8, "inner": None},
                {"size": 9, "inner": None},
            ],
            "b": [{"label": "x"}, {"label": None}],
        }
    },
}


def spoiled(good: Any) -> st.SearchStrategy[Any]:
    """A good answer with a few places replaced by anything, and errors of any kind."""
    places = [path for path in _places(good, ()) if path]
    changes = st.lists(st.tuples(st.sampled_from(places), ANYTHING), max_size=2)
    return st.builds(lambda changed, errors: _change(good, changed, errors), changes, ERRORS)


def _places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _places(inner, (*path, key))


def _change(good: Any, changes: list[tuple[tuple[Any, ...], Any]], errors: Any) -> Any:
    changed = orjson.loads(orjson.dumps(good))
    for path, value in changes:
        at = changed
        try:
            for key in path[:-1]:
                at = at[key]
            if type(at) is (dict if isinstance(path[-1], str) else list):
                at[path[-1]] = value
        except (TypeError, KeyError, IndexError):
            continue  # an earlier change took the place away
    return {**changed, **({"errors": errors} if errors else {})}


@settings(max_examples=300, deadline=None)
@given(*[spoiled(GOOD[name]) | ANSWERS for name in "xyz"])
def test_any_json_becomes_a_conforming_response(x: Any, y: Any, z: Any) -> None:
    services = {name: Scripted(answer(200, orjson.dumps(reply))) for name, reply in (("x", x), ("y", y), ("z", z))}
    response = asyncio.run(EXECUTABLE.execute(RequestContext(services)))
    body = orjson.loads(response.to_bytes())
    assert ("errors" in body) == bool(response.errors)
    assert all(_leads_somewhere(body["data"], error.get("path", [])) for error in response.errors)
    if body["data"] is None:
        assert body["errors"]
        return
    again = execute_sync(SCHEMA, parse(OPERATION), _with_types(orjson.loads(response.to_bytes())["data"]))
    assert again.errors is None, (again.errors, body)
    assert again.data == body["data"]


def _leads_somewhere(data: Any, path: list[str | int]) -> bool:
    """Whether a path leads to a place in the response, or to one that a null took along."""
    at = data
    for element in path:
        if at is None:
            return isinstance(element, str) or element >= 0
        inside = type(at) is dict and element in at if isinstance(element, str) else type(at) is list
        if not inside or (isinstance(element, int) and not 0 <= element < len(at)):
            return False
        at = at[element]
    return True


def test_good_answers_have_no_errors() -> None:
    services = {name: Scripted(reply) for name, reply in GOOD.items()}
    response = asyncio.run(EXECUTABLE.execute(RequestContext(services)))
    assert response.errors == []
    box = {"id": "1", "size": 9, "any": None}
    assert response.data == {
        "list": [[box, None, {"id": "2", "label": None}], None, [box]],
        "one": {"size": 7, "color": None, "inner": {"inner": None}},
        "must": 5,
    }


def _with_types(data: dict[str, Any]) -> dict[str, Any]:
    """Items of ``list`` with the type that their fields show."""
    for items in data["list"] or ():
        for item in items or ():
            if item is not None:
                item["__typename"] = "Box" if "size" in item else "Bag"
    return data
