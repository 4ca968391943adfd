"""Failing and misbehaving subgraphs: which position turns null, and which error the client reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from graphql import build_schema

from router.executor import (
    ExecutionPolicy,
    MaskErrors,
    RequestContext,
    Response,
    SubgraphTimeout,
    SubgraphUnreachable,
    compile_plan,
)
from router.executor.errors import concerns
from router.query_plan.nodes import ITEMS, Parallel, PlanNode, Sequence
from tests.router.executor.planning import entities, plan, root
from tests.router.executor.subgraphs import Scripted, answer

SCHEMA = build_schema("""
    type Query { products: [Product]  must: Product!  product: Product  color: Color  any: Any }
    type Product { id: ID!  name: String  stock: Int!  owner: User }
    type User { id: ID!  name: String! }
    enum Color { RED }
    union Any = User | Product
""")


async def run(operation: str, node: PlanNode, policy: ExecutionPolicy | None = None, **services: Any) -> Response:
    executable = compile_plan(plan(SCHEMA, operation, node), SCHEMA)
    return await executable.execute(RequestContext(services, policy=policy or ExecutionPolicy()))


PRODUCTS = {"data": {"list": [{"id": "1"}, None, {"id": "2"}, {"id": "1"}]}}
OPERATION = "{ list: products { id label: name } }"
NODE = Sequence((root("shop", "{list:products{id}}"), entities("names", "Product", "label:name", ("list", ITEMS))))


async def failing(reply: Any) -> Response:
    """``OPERATION`` when the entity fetch is answered by ``reply``."""
    response = await run(OPERATION, NODE, shop=Scripted(PRODUCTS), names=Scripted(reply))
    assert [item and item["id"] for item in response.data["list"]] == ["1", None, "2", "1"]  # type: ignore[index]
    return response


async def test_an_error_of_an_entity_is_placed_at_every_object_it_was_asked_for() -> None:
    error = {"message": "gone", "path": ["_entities", 0, "label"], "extensions": {"code": "GONE"}, "locations": []}
    response = await failing({"data": {"_entities": [{"label": None}, {"label": "b"}]}, "errors": [error]})
    assert response.data == {
        "list": [{"id": "1", "label": None}, None, {"id": "2", "label": "b"}, {"id": "1", "label": None}]
    }
    extensions = {"code": "GONE", "service": "names"}
    assert response.errors == [
        {"message": "gone", "path": ["list", 0, "label"], "extensions": extensions},
        {"message": "gone", "path": ["list", 3, "label"], "extensions": extensions},
    ]


@pytest.mark.parametrize("path", [None, [], ["_entities"], ["else"], [{"no": "path"}], "text"])
async def test_an_error_without_usable_path_is_placed_at_all_objects(path: Any) -> None:
    response = await failing({"data": None, "errors": [{"message": "no", "path": path}]})
    assert [error["path"] for error in response.errors] == [["list", 0], ["list", 3], ["list", 2]]


async def test_a_lost_answer_is_reported_also_where_another_subgraph_gives_a_part() -> None:
    node = Parallel((root("ids", "{product{id}}"), root("names", "{product{name} color}")))
    lost = {"data": None, "errors": [{"message": "no"}]}
    ids, names = Scripted({"data": {"product": {"id": "1"}}}), Scripted(lost)
    response = await run("{ product { id name } color }", node, ids=ids, names=names)
    assert response.data == {"product": {"id": "1", "name": None}, "color": None}
    assert [error["path"] for error in response.errors] == [["product"], ["color"]]


MALFORMED = "SUBREQUEST_MALFORMED_RESPONSE"


@pytest.mark.parametrize(
    ("reply", "message", "code"),
    [
        (answer(200, b"<html>", "text/html"), 'The answer of subgraph "names" is not JSON (text/html).', MALFORMED),
        (
            answer(200, b'{"data": {"_ent', ""),
            'The answer of subgraph "names" is not JSON (without content type).',
            MALFORMED,
        ),
        (answer(200, b"\xff\xfe"), 'The answer of subgraph "names" is not JSON (application/json).', MALFORMED),
        (answer(200, b"[1]"), 'The answer of subgraph "names" is not a JSON object.', MALFORMED),
        (answer(200, b'"data"'), 'The answer of subgraph "names" is not a JSON object.', MALFORMED),
        (answer(200, b"{}"), 'The answer of subgraph "names" has neither data nor errors.', MALFORMED),
        (answer(200, b'{"data":null}'), 'The answer of subgraph "names" has neither data nor errors.', MALFORMED),
        (
            answer(200, b'{"data":null,"errors":[]}'),
            'The answer of subgraph "names" has neither data nor errors.',
            MALFORMED,
        ),
        (answer(200, b'{"data":[]}'), 'The answer of subgraph "names" has data that is not an object.', MALFORMED),
        (
            answer(200, b'{"data":{},"errors":5}'),
            'The answer of subgraph "names" has errors that are not a list of objects.',
            MALFORMED,
        ),
        (answer(200, b'{"data":{}}'), 'The answer of subgraph "names" has no list of entities.', MALFORMED),
        (
            answer(200, b'{"data":{"_entities":{}}}'),
            'The answer of subgraph "names" has no list of entities.',
            MALFORMED,
        ),
        (
            answer(200, b'{"data":{"_entities":[{}]}}'),
            'The answer of subgraph "names" has 1 entities for 2 representations.',
            MALFORMED,
        ),
        (
            answer(503, b"busy", "text/plain"),
            'Subgraph "names" answered with HTTP status 503 Service Unavailable.',
            "SUBREQUEST_HTTP_ERROR",
        ),
        (answer(404, b"{}"), 'Subgraph "names" answered with HTTP status 404 Not Found.', "SUBREQUEST_HTTP_ERROR"),
        (answer(599, b""), 'Subgraph "names" answered with HTTP status 599.', "SUBREQUEST_HTTP_ERROR"),
        (SubgraphUnreachable("refused"), 'Subgraph "names" cannot be reached: refused.', "SUBREQUEST_HTTP_ERROR"),
        (SubgraphTimeout("too slow"), 'Subgraph "names" did not answer in time: too slow.', "GATEWAY_TIMEOUT"),
    ],
)
async def test_a_malformed_answer_is_one_precise_error_at_each_object(reply: Any, message: str, code: str) -> None:
    response = await failing(reply)
    assert [(error["message"], error["path"]) for error in response.errors] == [
        (message, ["list", 0]),
        (message, ["list", 3]),
        (message, ["list", 2]),
    ]
    assert {error["extensions"]["code"] for error in response.errors} == {code}
    assert {error["extensions"]["service"] for error in response.errors} == {"names"}


async def test_an_entity_that_is_no_object_is_an_error_at_its_objects_only() -> None:
    response = await failing({"data": {"_entities": [{"label": "a"}, 1]}})
    message = 'The answer of subgraph "names" has an entity that is not an object.'
    assert [(error["message"], error["path"]) for error in response.errors] == [(message, ["list", 2])]
    assert response.errors[0]["extensions"] == {"code": MALFORMED, "service": "names"}


@pytest.mark.parametrize("error", [RuntimeError("bug"), TypeError("bug")])
async def test_a_transport_that_breaks_its_protocol_is_an_unreachable_subgraph(
    caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    response = await failing(error)
    assert response.errors[0]["message"] == 'Subgraph "names" cannot be reached.'
    assert response.fetches[1].failure == f"{type(error).__name__}: bug"
    assert "transport of subgraph names failed" in caplog.text


async def test_a_root_field_left_out_of_the_answer_is_an_error() -> None:
    shop = Scripted({"data": {"color": "RED"}})
    response = await run(
        "{ product { id } color }", root("shop", "{product{id} color any @skip(if:true){id}}"), shop=shop
    )
    assert response.data == {"product": None, "color": "RED"}
    message = 'The answer of subgraph "shop" lacks a field that was asked for.'
    assert [(error["message"], error["path"]) for error in response.errors] == [(message, ["product"])]


async def test_graphql_errors_are_taken_from_any_http_status() -> None:
    body = b'{"errors":[{"message":"who are you","extensions":{"code":"UNAUTHENTICATED"}}]}'
    response = await run("{ product { id } }", root("shop", "{product{id}}"), shop=Scripted(answer(401, body)))
    extensions = {"code": "UNAUTHENTICATED", "service": "shop"}
    assert response.data == {"product": None}
    assert response.errors == [{"message": "who are you", "path": ["product"], "extensions": extensions}]


async def test_data_with_an_http_error_status_is_kept_beside_the_error() -> None:
    shop = Scripted(answer(500, b'{"data":{"product":{"id":"1"}}}'))
    response = await run("{ product { id } }", root("shop", "{product{id}}"), shop=shop)
    assert response.data == {"product": {"id": "1"}}
    assert [error["extensions"]["code"] for error in response.errors] == ["SUBREQUEST_HTTP_ERROR"]


async def test_a_root_error_keeps_its_place_through_aliases_and_lists() -> None:
    error = {"message": "no", "path": ["s", 1, "owner", "name"]}
    shop = Scripted({"data": {"s": [{"owner": {"name": "x"}}, {"owner": None}]}, "errors": [error]})
    response = await run("{ s: products { owner { name } } }", root("shop", "{s:products{owner{name}}}"), shop=shop)
    assert response.data == {"s": [{"owner": {"name": "x"}}, {"owner": None}]}
    assert response.errors == [{"message": "no", "path": ["s", 1, "owner", "name"], "extensions": {"service": "shop"}}]


async def test_an_error_at_a_field_the_client_did_not_select_is_placed_at_the_object_around_it() -> None:
    error = {"message": "no key", "path": ["product", "id"]}
    shop = Scripted({"data": {"product": {"id": None, "name": "x"}}, "errors": [error]})
    response = await run("{ product { name } }", root("shop", "{product{id name}}"), shop=shop)
    assert response.data == {"product": {"name": "x"}}
    assert [error["path"] for error in response.errors] == [["product"]]


async def test_a_failed_root_fetch_turns_a_non_null_field_to_null_data_with_one_error() -> None:
    shop = Scripted(SubgraphUnreachable("refused"))
    response = await run("{ must { id } product { id } }", root("shop", "{must{id} product{id}}"), shop=shop)
    assert response.data is None
    assert [error["path"] for error in response.errors] == [["must"], ["product"]]
    assert response.to_bytes().startswith(b'{"data":null,"errors":[{"message":')


async def test_a_failed_entity_fetch_explains_the_nulls_it_leaves_in_non_null_fields() -> None:
    node = Sequence((root("shop", "{list:products{id}}"), entities("stock", "Product", "stock", ("list", ITEMS))))
    stock = Scripted(SubgraphUnreachable("refused"))
    response = await run("{ list: products { id stock } }", node, shop=Scripted(PRODUCTS), stock=stock)
    assert response.data == {"list": [None, None, None, None]}
    assert [error["path"] for error in response.errors] == [["list", 0], ["list", 3], ["list", 2]]


async def test_an_unexplained_null_in_a_non_null_field_is_an_error_of_its_own() -> None:
    shop = Scripted({"data": {"products": [{"id": "1", "stock": 5}, {"id": "2", "stock": None}]}})
    response = await run("{ products { id stock } }", root("shop", "{products{id stock}}"), shop=shop)
    assert response.data == {"products": [{"id": "1", "stock": 5}, None]}
    assert response.errors == [
        {
            "message": "Cannot return null for non-nullable field Product.stock.",
            "path": ["products", 1, "stock"],
            "extensions": {"code": "RESPONSE_VALIDATION_FAILED"},
        }
    ]


HIDDEN_TYPE = "Cannot return an object of a type that is not in the API schema for field Query.any."
HIDDEN_VALUE = 'Enum "Color" cannot represent a value that is not in the API schema.'
NAMED_TRUE = {"product": {"owner": {"name": True}}}


@pytest.mark.parametrize(
    ("operation", "data", "path", "message"),
    [
        ("{ color }", {"color": "SECRET"}, ["color"], HIDDEN_VALUE),
        ("{ color }", {"color": 5}, ["color"], 'Enum "Color" cannot represent a number.'),
        ("{ any { __typename } }", {"any": {"__typename": "Secret"}}, ["any"], HIDDEN_TYPE),
        ("{ any { ... on User { id } } }", {"any": {}}, ["any"], HIDDEN_TYPE),
        ("{ product { name } }", {"product": {"name": 5}}, ["product", "name"], "String cannot represent a number."),
        ("{ product { name } }", {"product": ["x"]}, ["product"], "Expected an object for field Query.product."),
        ("{ products { name } }", {"products": {"a": "x"}}, ["products"], "Expected a list for field Query.products."),
        (
            "{ product { owner { name } } }",
            NAMED_TRUE,
            ["product", "owner", "name"],
            "String cannot represent a boolean.",
        ),
    ],
)
async def test_values_outside_the_api_schema_are_null_with_an_error_that_does_not_tell_them(
    operation: str, data: dict[str, Any], path: list[str], message: str
) -> None:
    response = await run(operation, root("shop", f"{{{path[0]}}}"), shop=Scripted({"data": data}))
    assert [(error["message"], error["path"]) for error in response.errors] == [(message, path)]
    assert response.errors[0]["extensions"]["code"] == "RESPONSE_VALIDATION_FAILED"
    assert b"SECRET" not in response.to_bytes().upper()
    value: Any = response.data
    for key in path if path[-1] != "name" or "owner" not in path else path[:-1]:
        value = value[key]
    assert value is None


@pytest.mark.parametrize(
    ("value", "shown", "message"),
    [
        (3.0, 3, None),
        (2**31, None, "Int cannot represent a number beyond 32 bits."),
        (0.5, None, "Int cannot represent a number with a fraction."),
        ("5", None, "Int cannot represent a string."),
        (True, None, "Int cannot represent a boolean."),
    ],
)
async def test_an_int_is_a_whole_number_of_32_bits(value: Any, shown: Any, message: str | None) -> None:
    shop = Scripted({"data": {"product": {"stock": value}}})
    response = await run("{ product { stock } }", root("shop", "{product{stock}}"), shop=shop)
    assert response.data == {"product": None if message else {"stock": shown}}
    assert [error["message"] for error in response.errors] == ([message] if message else [])


async def test_an_unauthorized_field_is_null_with_an_error_wherever_it_would_stand() -> None:
    made = plan(SCHEMA, "{ products { id name } }", root("shop", "{products{id}}"))
    (products,) = made.response
    secret = replace(products.selections[1], origin="unauthorized")
    made = replace(made, response=(replace(products, selections=(products.selections[0], secret)),))
    listed = [{"id": "1"}, None, {"id": "2", "name": "never shown"}]
    context = RequestContext({"shop": Scripted({"data": {"products": listed}})})
    response = await compile_plan(made, SCHEMA).execute(context)
    assert response.data == {"products": [{"id": "1", "name": None}, None, {"id": "2", "name": None}]}
    extensions = {"code": "UNAUTHORIZED_FIELD_OR_TYPE"}
    assert response.errors == [
        {"message": "Unauthorized field or type", "path": ["products", index, "name"], "extensions": extensions}
        for index in (0, 2)
    ]


async def test_masked_errors_keep_path_service_and_code_only() -> None:
    error = {"message": "password is 123", "path": ["product"], "extensions": {"code": "X", "trace": "..."}}
    shop = Scripted({"data": {"product": None}, "errors": [error]})
    policy = ExecutionPolicy(errors=MaskErrors())
    response = await run("{ product { id } }", root("shop", "{product{id}}"), policy, shop=shop)
    assert response.errors == [
        {"message": "Unexpected error", "path": ["product"], "extensions": {"code": "X", "service": "shop"}}
    ]


async def test_errors_are_listed_in_the_order_of_the_plan() -> None:
    late = Scripted({"data": {"product": None}, "errors": [{"message": "first"}]}, delay=0.01)
    soon = Scripted({"data": {"color": None}, "errors": [{"message": "second"}]})
    node = Parallel((root("late", "{product{id}}"), root("soon", "{color}")))
    response = await run("{ color product { id } }", node, late=late, soon=soon)
    assert [error["message"] for error in response.errors] == ["first", "second"]


async def test_data_too_deep_to_be_written_is_an_error_and_no_exception() -> None:
    deep: Any = "x"
    for _ in range(300):
        deep = [deep]
    schema = build_schema("scalar Json type Query { any: Json  echo(value: Json): Json }")
    body = b'{"data":{"any":' + b"[" * 300 + b'"x"' + b"]" * 300 + b"}}"
    executable = compile_plan(plan(schema, "{ any }", root("shop", "{any}")), schema)
    response = await executable.execute(RequestContext({"shop": Scripted(answer(200, body))}))
    assert b"nested too deeply" in response.to_bytes()

    fetch = root("shop", "query($v:Json){echo(value:$v)}", "v")
    executable = compile_plan(plan(schema, "query($v: Json) { echo(value: $v) }", fetch), schema)
    response = await executable.execute(RequestContext({"shop": Scripted({})}, {"v": deep}))
    message = 'Subgraph "shop" cannot be asked: variables are nested too deeply.'
    assert [(error["message"], error["path"]) for error in response.errors] == [(message, ["echo"])]


async def test_an_entity_that_is_null_for_an_error_below_it_has_that_error_only() -> None:
    node = Sequence((root("shop", "{must{id}}"), entities("rest", "Product", "stock owner{name}", ("must",))))
    error = {"message": "no name", "path": ["_entities", 0, "owner", "name"]}
    response = await run(
        "{ must { stock owner { name } } }",
        node,
        shop=Scripted({"data": {"must": {"id": "1"}}}),
        rest=Scripted({"data": {"_entities": [None]}, "errors": [error]}),
    )
    assert response.data is None
    assert [(found["message"], found["path"]) for found in response.errors] == [("no name", ["must", "owner", "name"])]


async def test_an_error_that_shows_where_something_stands_is_told_at_the_object_it_took_along() -> None:
    """The client did not ask for what failed, and the shop told the object around it."""
    node = Sequence(
        (root("shop", "{product{id owner{id}}}"), entities("rest", "Product", "name owner{name}", ("product",)))
    )
    error = {"message": "no name", "path": ["_entities", 0, "owner", "name"]}
    response = await run(
        "{ product { name owner { id } } }",
        node,
        shop=Scripted({"data": {"product": {"id": "1", "owner": {"id": "7"}}}}),
        rest=Scripted({"data": {"_entities": [None]}, "errors": [error]}),
    )
    assert response.data == {"product": {"name": None, "owner": {"id": "7"}}}
    assert [(found["message"], found["path"]) for found in response.errors] == [("no name", ["product"])]


@pytest.mark.parametrize("order", [("rest", "more"), ("more", "rest")])
async def test_it_does_not_matter_which_answer_comes_first(order: tuple[str, str]) -> None:
    services = {"rest": "name owner{id name}", "more": "owner{id}"}
    fetches = [entities(name, "Product", services[name], ("product",)) for name in order]
    node = Sequence((root("shop", "{product{id}}"), Parallel(tuple(fetches))))
    error = {"message": "no name", "path": ["_entities", 0, "owner", "id"]}
    response = await run(
        "{ product { name owner { id } } }",
        node,
        shop=Scripted({"data": {"product": {"id": "1"}}}),
        rest=Scripted({"data": {"_entities": [None]}, "errors": [error]}),
        more=Scripted({"data": {"_entities": [{"owner": {"id": "7"}}]}}),
    )
    assert response.data == {"product": {"name": None, "owner": {"id": "7"}}}
    assert [(found["message"], found["path"]) for found in response.errors] == [("no name", ["product"])]


async def test_what_an_error_took_along_is_told_where_the_object_stays() -> None:
    """The subgraph says ``owner: User!``, the merged schema ``owner: User``."""
    node = Sequence((root("shop", "{product{id}}"), entities("rest", "Product", "name owner{id}", ("product",))))
    error = {"message": "no owner", "path": ["_entities", 0, "owner"]}
    response = await run(
        "{ product { name owner { id } } }",
        node,
        shop=Scripted({"data": {"product": {"id": "1"}}}),
        rest=Scripted({"data": {"_entities": [None]}, "errors": [error]}),
    )
    assert response.data == {"product": {"name": None, "owner": None}}
    assert [(found["message"], found["path"]) for found in response.errors] == [
        ("no owner", ["product", "owner"]),
        ("name was lost with the error of another field of its subgraph.", ["product", "name"]),
    ]


async def test_an_error_of_a_nullable_field_explains_no_other_field() -> None:
    node = Sequence((root("shop", "{product{id}}"), entities("rest", "Product", "stock", ("product",))))
    error = {"message": "no name", "path": ["product", "name"]}
    response = await run(
        "{ product { name stock } }",
        node,
        shop=Scripted({"data": {"product": {"id": "1", "name": None}}, "errors": [error]}),
        rest=Scripted({"data": {"_entities": [None]}}),
    )
    assert response.data == {"product": None}
    assert [(found["message"], found["path"]) for found in response.errors] == [
        ("no name", ["product", "name"]),
        ("Cannot return null for non-nullable field Product.stock.", ["product", "stock"]),
    ]


@pytest.mark.parametrize(
    ("path", "concerned"),
    [
        ([], True),
        (["list", 0, "name"], True),
        (["list", 0, "other"], False),
        (["list", 0, "other", "name"], False),
        (["list", 1, "other"], True),  # taken by a null
        (["list", 7, "name"], True),
        (["other"], False),
    ],
)
def test_errors_of_fields_that_the_object_was_not_asked_for_concern_nobody(path: list[Any], concerned: bool) -> None:
    assert concerns({"list": [{"name": None}, None]}, path) is concerned
    assert concerns(None, path)
