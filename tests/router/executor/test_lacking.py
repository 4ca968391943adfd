"""A field that a subgraph leaves out of its answer is null with an error, also where null is allowed (spec §6.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from graphql import build_schema

from router.executor import RequestContext, Response, compile_plan
from router.executor.incremental.selection import Selection
from router.executor.incremental.values import Found, complete_together
from router.executor.lacking import Expected
from router.query_plan.nodes import ITEMS, EntityFetch, Parallel, PlanNode, Sequence
from tests.router.executor.planning import call, entities, plan, root
from tests.router.executor.subgraphs import Scripted

SCHEMA = build_schema("""
    type Query { products: [Product]  color: String  size: Int }
    type Product { id: ID!  name: String  price: Int  owner: User }
    type User { id: ID!  name: String  age: Int }
""")
LACKS = 'The answer of subgraph "{}" lacks a field that was asked for.'
LISTED = {"data": {"products": [{"id": "1"}, {"id": "2"}]}}


async def run(operation: str, node: PlanNode, variables: dict[str, Any] | None = None, **services: Any) -> Response:
    scripted = {name: Scripted(reply) for name, reply in services.items()}
    return await compile_plan(plan(SCHEMA, operation, node), SCHEMA).execute(RequestContext(scripted, variables or {}))


def told(response: Response) -> list[tuple[str, list[str | int], str]]:
    return [(error["message"], error["path"], error["extensions"]["code"]) for error in response.errors]


async def test_deep_in_an_answer_under_an_alias() -> None:
    node = root("shop", "{list:products{owner{called:name age}}}")
    shop = {"data": {"list": [{"owner": {"age": 1, "called": "x"}}, {"owner": {"age": 2}}, {"owner": None}, None]}}
    response = await run("{ list: products { owner { called: name age } } }", node, shop=shop)
    assert told(response) == [(LACKS.format("shop"), ["list", 1, "owner", "called"], "SUBREQUEST_MALFORMED_RESPONSE")]
    assert response.data == {
        "list": [{"owner": {"called": "x", "age": 1}}, {"owner": {"called": None, "age": 2}}, {"owner": None}, None]
    }


async def test_of_an_entity_but_not_of_one_that_is_not_there() -> None:
    node = Sequence((root("shop", "{products{id}}"), entities("names", "Product", "name price", ("products", ITEMS))))
    names = {"data": {"_entities": [{"price": 3}, None]}}
    response = await run("{ products { name price } }", node, shop=LISTED, names=names)
    assert told(response) == [(LACKS.format("names"), ["products", 0, "name"], "SUBREQUEST_MALFORMED_RESPONSE")]
    assert response.data == {"products": [{"name": None, "price": 3}, {"name": None, "price": None}]}


async def test_what_the_subgraph_gives_a_reason_for_is_not_told_twice() -> None:
    node = root("shop", "{products{name}}")
    shop = {"data": {"products": [{}]}, "errors": [{"message": "no name", "path": ["products", 0, "name"]}]}
    response = await run("{ products { name } }", node, shop=shop)
    assert [error["message"] for error in response.errors] == ["no name"]


@pytest.mark.parametrize(("wanted", "errors"), [(True, 1), (False, 0)])
async def test_only_what_is_included_is_missed(wanted: bool, errors: int) -> None:
    node = root("shop", "query($w:Boolean!){products{id name@include(if:$w) price}}", "w")
    shop = {"data": {"products": [{"id": "1", "price": 1}]}}
    operation = "query ($w: Boolean!) { products { id name @include(if: $w) price } }"
    response = await run(operation, node, {"w": wanted}, shop=shop)
    assert len(response.errors) == errors


async def test_a_hidden_field_is_told_at_the_object_around_it() -> None:
    """Without its key the entity cannot be asked for: its fields would be null without a word."""
    node = Sequence((root("shop", "{products{id}}"), entities("names", "Product", "name", ("products", ITEMS))))
    shop = {"data": {"products": [{}, {"id": "2"}]}}
    response = await run("{ products { name } }", node, shop=shop, names={"data": {"_entities": [{"name": "x"}]}})
    assert told(response) == [(LACKS.format("shop"), ["products", 0], "SUBREQUEST_MALFORMED_RESPONSE")]
    assert response.data == {"products": [{"name": None}, {"name": "x"}]}


async def test_a_call_lost_with_another_call_of_its_request() -> None:
    document = (
        "query($a:[_Any!]!$b:[_Any!]!){a:_entities(representations:$a){...on Product{name}}"
        "b:_entities(representations:$b){...on User{age}}}"
    )
    calls = (call("a", "a", "Product", ("products", ITEMS)), call("b", "b", "User", ("products", ITEMS, "owner")))
    node = Sequence((root("shop", "{products{id owner{id}}}"), EntityFetch("rest", document, (), calls)))
    shop = {"data": {"products": [{"id": "1", "owner": {"id": "7"}}]}}
    rest = {"data": None, "errors": [{"message": "no users", "path": ["b"]}]}
    response = await run("{ products { name owner { age } } }", node, shop=shop, rest=rest)
    assert [(error["message"], error["path"]) for error in response.errors] == [
        ("no users", ["products", 0, "owner"]),
        ('The answer of subgraph "rest" is null as a whole.', ["products", 0]),
    ]


@pytest.mark.parametrize("data", [None, {}, {"_entities": None}])
async def test_an_entity_lost_with_another_one(data: Any) -> None:
    node = Sequence((root("shop", "{products{id}}"), entities("names", "Product", "name", ("products", ITEMS))))
    names = {"data": data, "errors": [{"message": "no name", "path": ["_entities", 1, "name"]}]}
    response = await run("{ products { name } }", node, shop=LISTED, names=names)
    assert response.data == {"products": [{"name": None}, {"name": None}]}
    assert [(error["message"], error["path"]) for error in response.errors] == [
        ("no name", ["products", 1, "name"]),
        ('The answer of subgraph "names" is null as a whole.', ["products", 0]),
    ]


async def test_an_entity_lost_with_the_error_of_a_field_that_is_known() -> None:
    """Its key came from elsewhere: there the error would stand beside a value, and explain no null."""
    node = Sequence((root("shop", "{products{id}}"), entities("names", "Product", "id name", ("products", ITEMS))))
    names = {
        "data": {"_entities": [None, {"id": "2", "name": "x"}]},
        "errors": [{"message": "?", "path": ["_entities", 0, "id"]}],
    }
    response = await run("{ products { id name } }", node, shop=LISTED, names=names)
    assert response.data == {"products": [{"id": "1", "name": None}, {"id": "2", "name": "x"}]}
    assert [(error["message"], error["path"]) for error in response.errors] == [("?", ["products", 0])]


@pytest.mark.parametrize("path", [{}, {"path": []}, {"path": ["_entities"]}, {"path": ["elsewhere", 0]}])
async def test_an_error_of_the_whole_answer_is_told_once(path: dict[str, Any]) -> None:
    node = Sequence((root("shop", "{products{id}}"), entities("names", "Product", "name", ("products", ITEMS))))
    names = {"data": None, "errors": [{"message": "no names", **path}]}
    response = await run("{ products { name } }", node, shop=LISTED, names=names)
    assert [(error["message"], error["path"]) for error in response.errors] == [
        ("no names", ["products", 0]),
        ("no names", ["products", 1]),
    ]


async def test_a_root_field_lost_with_another_one_of_its_subgraph() -> None:
    node = Parallel((root("shop", "{color size}"), root("list", "{products{id}}")))
    shop = {"data": None, "errors": [{"message": "no color", "path": ["color"]}]}
    response = await run("{ color size products { id } }", node, shop=shop, list=LISTED)
    assert [(error["message"], error["path"]) for error in response.errors] == [
        ("no color", ["color"]),
        ("size was lost with the error of another field of its subgraph.", ["size"]),
    ]
    assert response.data == {"color": None, "size": None, "products": LISTED["data"]["products"]}


async def test_a_shared_root_field_of_which_one_subgraph_lost_its_part() -> None:
    node = Parallel((root("shop", "{products{name owner{age}}}"), root("list", "{products{price}}")))
    shop = {"data": None, "errors": [{"message": "no age", "path": ["products", 1, "owner", "age"]}]}
    rest = {"data": {"products": [{"price": 1}, {"price": 2}]}}
    response = await run("{ products { name price owner { age } } }", node, shop=shop, list=rest)
    assert [(error["message"], error["path"]) for error in response.errors] == [
        ("no age", ["products", 1, "owner", "age"]),
        *[
            (f"{name} was lost with the error of another field of its subgraph.", ["products", index, name])
            for index, name in ((0, "name"), (0, "owner"), (1, "name"))
        ],
    ]
    assert response.data == {"products": [{"name": None, "price": n, "owner": None} for n in (1, 2)]}


async def test_what_was_lost_in_a_list_with_one_of_its_items_is_told_once() -> None:
    """The subgraph allows less nulls than the merged schema: one missing age takes all of its users along."""
    node = Parallel((root("shop", "{users{age}}"), root("list", "{users{name}}")))
    shop = {"data": {"users": None}, "errors": [{"message": "no age", "path": ["users", 2, "age"]}]}
    rest = {"data": {"users": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}}
    for users, expected in [
        ("[User!]", [("no age", ["users", 2, "age"])]),
        (
            "[User]",
            [
                ("no age", ["users", 2, "age"]),
                ("age was lost with the error of another field of its subgraph.", ["users", 0, "age"]),
                ("age was lost with the error of another field of its subgraph.", ["users", 1, "age"]),
            ],
        ),
    ]:
        schema = build_schema(f"type Query {{ users: {users} }} type User {{ name: String age: Int! }}")
        scripted = {"shop": Scripted(shop), "list": Scripted(rest)}
        executable = compile_plan(plan(schema, "{ users { name age } }", node), schema)
        response = await executable.execute(RequestContext(scripted))
        assert [(error["message"], error["path"]) for error in response.errors] == expected
        assert response.data == {"users": None if users == "[User!]" else [None, None, None]}


TYPES = build_schema("""
    type Query { node: Node }
    interface Node { x: Int }
    type A implements Node { x: Int }
    type B { z: Int }
    type C { w: Int }
""")


def lacking(selections: str, sent: list[str], entities: list[Any]) -> list[tuple[str | int, ...]]:
    expected = Expected(f"query($r:[_Any!]!){{_entities(representations:$r){selections}}}", TYPES)
    representations = [{"__typename": name} for name in sent]
    found = expected.lacking_of_entities("_entities", representations, {"_entities": entities}, {})
    return [path[1:] for path in found]


def test_fields_of_other_types_are_not_missed() -> None:
    answer = [{"y": {"__typename": "D"}}, {}, {"x": 1, "y": [{"__typename": "B"}, {}]}, None]
    found = lacking("{...on A{x y{...on B{z}}}...on C{w}}", ["A", "C", "A", "A"], answer)
    assert found == [(0, "x"), (1, "w"), (2, "y", 0, "z")]


def test_an_interface_stands_for_its_implementations_and_itself() -> None:
    assert lacking("{...on Node{x}}", ["A", "Node", "B"], [{}, {}, {}]) == [(0, "x"), (1, "x")]


def test_an_interface_object_says_what_it_is() -> None:
    assert lacking("{__typename ...on A{x}}", ["Node", "Node"], [{"__typename": "A"}, {"__typename": "B"}]) == [
        (0, "x")
    ]
    assert lacking("{...on A{x}}", ["Node"], [{}]) == []


def test_a_fragment_for_an_object_of_unknown_type_is_still_to_be_delivered() -> None:
    inner = replace(plan(SCHEMA, "{ products { __typename } }", None).response[0].selections[0], types=frozenset("A"))
    selection = Selection.of((), [frozenset()], [(frozenset((0,)), Selection.of((inner,), [frozenset()]))])
    value = complete_together(SCHEMA, Found(("products", 0), frozenset(), selection, {}, None), [], (), most=9)
    assert [found.path for found in value.found] == [("products", 0)]


def test_a_type_that_nobody_knows_is_an_error_where_a_fragment_asks_for_it() -> None:
    asked = plan(SCHEMA, "{ products { __typename } }", None).response[0].selections
    work = Found(("products", 0), frozenset(), Selection.of(asked, [frozenset()]), {}, None)
    value = complete_together(SCHEMA, work, [], (), most=9)
    assert value.data is None
    assert [error["path"] for error in value.errors] == [["products", 0, "__typename"]]
