"""Answers that are JSON but not GraphQL, or hardly JSON: each costs what it spoils and one precise error there."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from graphql import build_schema

from router.executor import RequestContext, Response, compile_plan
from router.query_plan.nodes import ITEMS, OnTypes, PlanNode, Sequence
from tests.router.executor.planning import entities, keyed, plan, root
from tests.router.executor.subgraphs import Scripted, answer

SCHEMA = build_schema("""
    type Query { nodes: [Node]  node: Node  products: [Product]  grid: [[Product]]  big: Big  size: Int  key: ID
      ratio: Float  text: String }
    interface Node { id: ID!  name: String }
    type Product implements Node { id: ID!  name: String  tags: [String]  stock: Int! }
    type User implements Node { id: ID!  name: String }
    type Apart { id: ID! }
    scalar Big
""")
MALFORMED, INVALID = "SUBREQUEST_MALFORMED_RESPONSE", "RESPONSE_VALIDATION_FAILED"
LACKS = 'The answer of subgraph "names" lacks a field that was asked for.'
NOT_JSON = 'The answer of subgraph "shop" is not JSON (application/json).'
FOREIGN = "Cannot return an object of a type that is not in the API schema for field Query.{}."


async def run(operation: str, node: PlanNode, **replies: Any) -> Response:
    services = {
        name: Scripted(answer(200, reply) if isinstance(reply, bytes) else reply) for name, reply in replies.items()
    }
    return await compile_plan(plan(SCHEMA, operation, node), SCHEMA).execute(RequestContext(services))


def told(response: Response) -> list[tuple[str, list[str | int] | None, str | None]]:
    """Message, path and code of each error, in the text that the client reads."""
    body = orjson.loads(response.to_bytes())
    return [(one["message"], one.get("path"), one["extensions"].get("code")) for one in body.get("errors", ())]


# --- __typename

WRONG_TYPES = ["Secret", "Apart", "", 5, True, [], ["User"], {}, {"User": 1}]


@pytest.mark.parametrize("typename", WRONG_TYPES)
@pytest.mark.parametrize("selection", ["__typename id", "id", "... on Product { id }"])
async def test_an_object_of_an_impossible_type_is_null_with_an_error(typename: Any, selection: str) -> None:
    shop = {"data": {"node": {"__typename": typename, "id": "1"}}}
    response = await run(f"{{ node {{ {selection} }} }}", root("shop", "{node{__typename id}}"), shop=shop)
    assert response.data == {"node": None}
    assert told(response) == [(FOREIGN.format("node"), ["node"], INVALID)]


@pytest.mark.parametrize("typename", [*WRONG_TYPES, None, "Node"])
async def test_entities_of_impossible_types_are_not_asked_for(typename: Any) -> None:
    products = entities("names", "Product", "name", ("nodes", ITEMS, OnTypes(frozenset({"Product"}))))
    node = Sequence((root("shop", "{nodes{__typename id}}"), products))
    listed = [{"__typename": typename, "id": "1"}, {"__typename": "Product", "id": "2"}]
    names = Scripted({"data": {"_entities": [{"name": "x"}]}})
    made = compile_plan(plan(SCHEMA, "{ nodes { ... on Product { name } } }", node), SCHEMA)
    shop = Scripted({"data": {"nodes": listed}})
    response = await made.execute(RequestContext({"shop": shop, "names": names}))
    assert names.representations == [{"__typename": "Product", "id": "2"}]
    assert response.data == {"nodes": [None, {"name": "x"}]}
    assert told(response) == [(FOREIGN.format("nodes"), ["nodes", 0], INVALID)]


@pytest.mark.parametrize("typename", [*WRONG_TYPES, None])
async def test_an_entity_that_turns_out_to_be_of_an_impossible_type(typename: Any) -> None:
    """An interface's entity is asked what it is; the subgraph that was asked for it does not know."""
    told_type = entities("names", "Node", "__typename name", ("nodes", ITEMS), representations=(keyed("Node", "id"),))
    node = Sequence((root("shop", "{nodes{id}}"), told_type))
    names = {"data": {"_entities": [{"__typename": typename, "name": "x"}, {"__typename": "User", "name": "y"}]}}
    shop = {"data": {"nodes": [{"id": "1"}, {"id": "2"}]}}
    response = await run("{ nodes { __typename name } }", node, shop=shop, names=names)
    assert response.data == {"nodes": [None, {"__typename": "User", "name": "y"}]}
    assert told(response) == [(FOREIGN.format("nodes"), ["nodes", 0], INVALID)]


# --- entities

PRODUCTS = Sequence((root("shop", "{products{id}}"), entities("names", "Product", "name", ("products", ITEMS))))
TWO = {"data": {"products": [{"id": "1"}, {"id": "2"}]}}


@pytest.mark.parametrize(
    ("answered", "what"),
    [
        ("null", "has no list of entities"),
        ('{"0":{"name":"x"},"1":{"name":"y"}}', "has no list of entities"),
        ('"ab"', "has no list of entities"),
        ("[]", "has 0 entities for 2 representations"),
        ('[{"name":"x"}]', "has 1 entities for 2 representations"),
        ('[{"name":"x"},{"name":"y"},{"name":"z"}]', "has 3 entities for 2 representations"),
        ('[[{"name":"x"}],[{"name":"y"}]]', "has an entity that is not an object"),
    ],
)
async def test_entities_that_cannot_be_told_apart_are_taken_for_none(answered: str, what: str) -> None:
    names = b'{"data":{"_entities":%b}}' % answered.encode()
    response = await run("{ products { id name } }", PRODUCTS, shop=TWO, names=names)
    assert response.data == {"products": [{"id": "1", "name": None}, {"id": "2", "name": None}]}
    message = f'The answer of subgraph "names" {what}.'
    assert told(response) == [(message, ["products", index], MALFORMED) for index in (0, 1)]


async def test_an_entity_of_another_type_lacks_what_was_asked_of_the_type() -> None:
    """No fragment on the type asked for holds for it, so its answer is empty."""
    names = {"data": {"_entities": [{}, {"name": "y"}]}}
    response = await run("{ products { id name } }", PRODUCTS, shop=TWO, names=names)
    assert response.data == {"products": [{"id": "1", "name": None}, {"id": "2", "name": "y"}]}
    assert told(response) == [(LACKS, ["products", 0, "name"], MALFORMED)]


# --- paths of errors


@pytest.mark.parametrize(
    ("path", "placed"),
    [
        ('"products"', None),
        ("5", None),
        ('{"0":"products"}', None),
        ("[]", None),
        ("[null]", None),
        ("[0]", None),
        ('["nowhere"]', None),
        ('["products",true,"name"]', ["products"]),
        ('["products",0.0,"name"]', ["products"]),
        ('["products",null,"name"]', ["products"]),
        ('["products",-1,"name"]', ["products"]),
        ('["products",2,"name"]', ["products"]),
        ('["products",18446744073709551615,"name"]', ["products"]),
        ('["products",340282366920938463463374607431768211456]', ["products"]),
        ('["products","name"]', ["products"]),
        ('["products",0,0,"name"]', ["products", 0]),
        ('["products",0,"nowhere","name"]', ["products", 0]),
        ('["products",0,"name",0]', ["products", 0, "name"]),
        ('["products",0,"name","length"]', ["products", 0, "name"]),
        ('["products",0,"tags",1]', ["products", 0, "tags", 1]),
        ('["products",0,"tags",2]', ["products", 0, "tags"]),
        ('["products",1,"tags",7]', ["products", 1, "tags", 7]),  # the list is null: any item may have taken it along
        ('["products",1,"tags",-7]', ["products", 1, "tags"]),
        ('["products"' + ",0" * 50_000 + "]", ["products", 0]),
        ('["products"' + ',"products"' * 50_000 + "]", ["products"]),
    ],
)
async def test_an_error_is_placed_as_far_as_its_path_leads(path: str, placed: list[str | int] | None) -> None:
    data = '{"products":[{"name":null,"tags":[null,"a"]},{"name":"x","tags":null}]}'
    shop = f'{{"data":{data},"errors":[{{"message":"no","path":{path}}}]}}'.encode()
    response = await run("{ products { name tags } }", root("shop", "{products{name tags}}"), shop=shop)
    assert orjson.dumps(response.data) == data.encode()
    assert told(response) == [("no", placed, None)]


@pytest.mark.parametrize(
    ("path", "placed"),
    [
        ('["grid",0,1,"name"]', ["grid", 0, 1, "name"]),
        ('["grid",1,5,"name"]', ["grid", 1, 5, "name"]),  # the inner list is null
        ('["grid",0,"name"]', ["grid", 0]),
        ('["grid",0,2,"name"]', ["grid", 0]),
        ('["grid",2,0,"name"]', ["grid"]),
        ('["grid",0,1,0,"name"]', ["grid", 0, 1]),
    ],
)
async def test_an_error_is_placed_in_lists_of_lists(path: str, placed: list[str | int]) -> None:
    shop = b'{"data":{"grid":[[null,{"name":null}],null]},"errors":[{"message":"no","path":%b}]}' % path.encode()
    response = await run("{ grid { name } }", root("shop", "{grid{name}}"), shop=shop)
    assert told(response) == [("no", placed, None)]


@pytest.mark.parametrize(
    ("path", "placed"),
    [
        ('["_entities",1,"name"]', [["products", 1, "name"]]),
        ('["_entities",1,"name",3]', [["products", 1, "name"]]),
        ('["_entities",1,1,"name"]', [["products", 1]]),
        ('["_entities",1,null,"name"]', [["products", 1]]),
        ('["_entities",-1,"name"]', [["products", 0], ["products", 1]]),
        ('["_entities",2,"name"]', [["products", 0], ["products", 1]]),
        ('["_entities","1","name"]', [["products", 0], ["products", 1]]),
        ('["_entities",1.0,"name"]', [["products", 0], ["products", 1]]),
        ('"_entities.1"', [["products", 0], ["products", 1]]),
    ],
)
async def test_an_error_of_an_entity_is_placed_as_far_as_its_path_leads(
    path: str, placed: list[list[str | int]]
) -> None:
    names = b'{"data":{"_entities":[{"name":null},{"name":null}]},"errors":[{"message":"no","path":%b}]}'
    response = await run("{ products { name } }", PRODUCTS, shop=TWO, names=names % path.encode())
    assert told(response) == [("no", one, None) for one in placed]


# --- errors that are none

NO_LIST = 'The answer of subgraph "shop" has errors that are not a list of objects.'
NO_MESSAGE = 'Subgraph "shop" reported an error without a message.'


@pytest.mark.parametrize("errors", ["5", "0", "false", '""', '"no"', "{}", '{"message":"no"}', "[5]", "[null]", "[[]]"])
@pytest.mark.parametrize("data", ["null", '{"size":1}'])
async def test_errors_that_are_not_a_list_of_objects(errors: str, data: str) -> None:
    shop = f'{{"data":{data},"errors":{errors}}}'.encode()
    response = await run("{ size }", root("shop", "{size}"), shop=shop)
    assert response.data == {"size": None}
    assert told(response) == [(NO_LIST, ["size"], MALFORMED)]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({}, MALFORMED),
        ({"message": None}, MALFORMED),
        ({"message": 5}, MALFORMED),
        ({"message": ["no"], "extensions": 5}, MALFORMED),
        ({"message": {}, "extensions": {"code": 5, "secret": "x"}}, MALFORMED),
        ({"message": False, "extensions": {"code": "CLOSED", "secret": "x"}}, "CLOSED"),
    ],
)
async def test_an_error_without_a_message_says_so(error: dict[str, Any], code: str) -> None:
    shop = {"data": {"size": None}, "errors": [{**error, "path": ["size"]}]}
    response = await run("{ size }", root("shop", "{size}"), shop=shop)
    assert told(response) == [(NO_MESSAGE, ["size"], code)]
    assert response.errors[0]["extensions"] == {"code": code, "service": "shop"}


# --- JSON


@pytest.mark.parametrize("field", ["big", "size", "key", "ratio", "text"])
@pytest.mark.parametrize(
    "value",
    [
        b"NaN",
        b"-Infinity",
        b"Infinity",
        b"1e999",
        b"01",
        b"0x10",
        b"1.",
        b"'a'",
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'"\xed\xa0\x80"',
        b'"\xff"',
        b'"\n"',
        b'"a',
        b"[" * 2000 + b"]" * 2000,
    ],
)
async def test_what_json_does_not_have_spoils_the_answer(field: str, value: bytes) -> None:
    shop = b'{"data":{"%b":%b}}' % (field.encode(), value)
    response = await run(f"{{ {field} }}", root("shop", f"{{{field}}}"), shop=shop)
    assert response.data == {field: None}
    assert told(response) == [(NOT_JSON, [field], MALFORMED)]


@pytest.mark.parametrize("body", [b"", b" ", b'{"data":{"size":1}}x', b'{"data":{"size":1}}{"data":{"size":1}}'])
async def test_an_answer_is_one_json_text(body: bytes) -> None:
    response = await run("{ size }", root("shop", "{size}"), shop=body)
    assert told(response) == [(NOT_JSON, ["size"], MALFORMED)]


HUGE = "123456789012345678901234567890"


@pytest.mark.parametrize(
    ("field", "value", "shown", "message"),
    [
        ("size", HUGE, None, "Int cannot represent a number beyond 32 bits."),
        ("size", f"-{HUGE}", None, "Int cannot represent a number beyond 32 bits."),
        ("key", HUGE, None, "ID cannot represent a number."),
        ("key", "18446744073709551615", "18446744073709551615", None),
        ("text", HUGE, None, "String cannot represent a number."),
        ("ratio", HUGE, float(HUGE), None),
        ("big", HUGE, float(HUGE), None),  # as every reader of JSON with double precision takes it
        ("big", "18446744073709551615", 18446744073709551615, None),
        ("size", "-0", 0, None),
    ],
)
async def test_huge_numbers(field: str, value: str, shown: Any, message: str | None) -> None:
    shop = f'{{"data":{{"{field}":{value}}}}}'.encode()
    response = await run(f"{{ {field} }}", root("shop", f"{{{field}}}"), shop=shop)
    assert orjson.loads(response.to_bytes())["data"] == {field: shown}
    assert told(response) == ([(message, [field], INVALID)] if message else [])


NOTHING = 'The answer of subgraph "shop" has neither data nor errors.'


@pytest.mark.parametrize(
    ("body", "data", "messages"),
    [
        (b'{"data":{"size":1},"data":{"size":2}}', {"size": 2}, []),
        (b'{"data":{"size":1,"size":2}}', {"size": 2}, []),
        (b'{"data":{"size":1},"data":null}', {"size": None}, [NOTHING]),
        (b'{"data":{"size":1},"errors":[],"errors":[{"message":"no"}]}', {"size": 1}, ["no"]),
        (b'{"data":{"size":1},"data":{}}', {"size": None}, [LACKS.replace("names", "shop")]),
    ],
)
async def test_of_equal_keys_the_last_counts(body: bytes, data: dict[str, Any], messages: list[str]) -> None:
    response = await run("{ size }", root("shop", "{size}"), shop=body)
    assert response.data == data
    assert [message for message, _, _ in told(response)] == messages
