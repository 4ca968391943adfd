"""An object whose key was lost with an error cannot be asked for: that is told at the object, or its other fields were
null with an error beside them only."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from graphql import build_schema

from router.executor import RequestContext, Response, compile_plan
from router.executor.errors import ErrorPath
from router.executor.unasked import Known
from router.query_plan.nodes import (
    ITEMS,
    EntityFetch,
    PlanNode,
    Representation,
    RepresentationField,
    RepresentationSelection,
    Sequence,
)
from tests.router.executor.planning import call, entities, keyed, plan, root
from tests.router.executor.subgraphs import Scripted

SCHEMA = build_schema("""
    type Query { products: [Product] }
    type Product { code: ID  name: String  price: Int  maker: Maker }
    type Maker { code: ID  country: String }
""")
PRODUCTS = ("products", ITEMS)
NO_CODE = {"message": "no code", "path": ["products", 0, "code"]}
NAMES = {"data": {"_entities": [{"name": "x"}]}}


async def run(operation: str, node: PlanNode, **services: Any) -> Response:
    scripted = {name: Scripted(reply) for name, reply in services.items() if name != "variables"}
    context = RequestContext(scripted, services.get("variables", {}))
    return await compile_plan(plan(SCHEMA, operation, node), SCHEMA).execute(context)


def told(response: Response) -> list[tuple[str, list[str | int]]]:
    return [(error["message"], error["path"]) for error in response.errors]


def unasked(service: str) -> str:
    return f'Subgraph "{service}" could not be asked for this object: its key was lost with another error.'


def names(**options: Any) -> EntityFetch:
    return entities("names", "Product", "name", PRODUCTS, representations=(keyed("Product", "code"),), **options)


async def test_its_error_stands_at_a_field_that_was_asked_for() -> None:
    node = Sequence((root("shop", "{products{code}}"), names()))
    shop = {"data": {"products": [{"code": None}, {"code": "2"}]}, "errors": [NO_CODE]}
    response = await run("{ products { code name } }", node, shop=shop, names=NAMES)
    assert response.data == {"products": [{"code": None, "name": None}, {"code": "2", "name": "x"}]}
    assert told(response) == [("no code", ["products", 0, "code"]), (unasked("names"), ["products", 0])]
    assert response.errors[1]["extensions"] == {"code": "SUBREQUEST_NO_DATA", "service": "names"}


async def test_no_object_can_be_asked_for() -> None:
    node = Sequence((root("shop", "{products{code}}"), names()))
    shop = {"data": {"products": [{}]}}
    response = await run("{ products { code name } }", node, shop=shop, names=NAMES)
    lacks = 'The answer of subgraph "shop" lacks a field that was asked for.'
    assert told(response) == [(lacks, ["products", 0, "code"]), (unasked("names"), ["products", 0])]


async def test_its_error_stands_at_the_object_in_the_key() -> None:
    maker = RepresentationSelection(None, (RepresentationField("code", "code", True),))
    key = Representation(None, "Product", (RepresentationField("maker", "maker", True, (maker,)),))
    node = Sequence(
        (
            root("shop", "{products{maker{code country}}}"),
            entities("names", "Product", "name", PRODUCTS, representations=(key,)),
        )
    )
    error = {"message": "no code", "path": ["products", 0, "maker", "code"]}
    shop = {"data": {"products": [{"maker": {"code": None, "country": "NL"}}]}, "errors": [error]}
    response = await run("{ products { maker { country } name } }", node, shop=shop)
    assert told(response) == [("no code", ["products", 0, "maker"]), (unasked("names"), ["products", 0])]


async def test_told_once_for_all_that_goes_on_from_there() -> None:
    prices = entities("prices", "Product", "price", PRODUCTS, representations=(keyed("Product", "name"),))
    node = Sequence((root("shop", "{products{code}}"), names(), prices))
    shop = {"data": {"products": [{"code": None}, {"code": "2"}]}, "errors": [NO_CODE]}
    rest = {"data": {"_entities": [{"price": 3}]}}
    response = await run("{ products { code name price } }", node, shop=shop, names=NAMES, prices=rest)
    assert response.data == {
        "products": [{"code": None, "name": None, "price": None}, {"code": "2", "name": "x", "price": 3}]
    }
    assert told(response) == [("no code", ["products", 0, "code"]), (unasked("names"), ["products", 0])]


async def test_a_key_that_is_null_by_itself_is_no_fault() -> None:
    """Nor is one beside an error of another field."""
    node = Sequence((root("shop", "{products{code price}}"), names()))
    error = {"message": "no price", "path": ["products", 0, "price"]}
    shop = {"data": {"products": [{"code": None, "price": None}]}, "errors": [error]}
    response = await run("{ products { code price name } }", node, shop=shop)
    assert told(response) == [("no price", ["products", 0, "price"])]


async def test_an_object_that_need_not_be_asked_for() -> None:
    wanted = ((("w", True),),)
    node = Sequence((root("shop", "{products{code price}}"), names(include=wanted)))
    shop = {"data": {"products": [{"code": None}]}, "errors": [NO_CODE]}
    operation = "query ($w: Boolean!) { products { code price name @include(if: $w) } }"
    response = await run(operation, node, shop=shop, variables={"w": False})
    assert [path for _, path in told(response)] == [["products", 0, "code"], ["products", 0, "price"]]


async def test_another_call_of_the_request_is_not_concerned() -> None:
    document = (
        "query($a:[_Any!]!$b:[_Any!]!){a:_entities(representations:$a){...on Product{name}}"
        "b:_entities(representations:$b){...on Maker{country}}}"
    )
    by_code = (keyed("Product", "code"),)
    calls = (
        call("a", "a", "Product", PRODUCTS, representations=by_code),
        call("b", "b", "Maker", (*PRODUCTS, "maker"), representations=(keyed("Maker", "code"),)),
    )
    node = Sequence((root("shop", "{products{code maker{code}}}"), EntityFetch("rest", document, (), calls)))
    shop = {"data": {"products": [{"code": None, "maker": {"code": "m"}}]}, "errors": [NO_CODE]}
    rest = {"data": {"a": [], "b": [{"country": "NL"}]}}
    response = await run("{ products { code name maker { country } } }", node, shop=shop, rest=rest)
    assert response.data == {"products": [{"code": None, "name": None, "maker": {"country": "NL"}}]}
    assert told(response) == [("no code", ["products", 0, "code"]), (unasked("rest"), ["products", 0])]


@pytest.mark.parametrize("seed", range(50))
def test_errors_are_found_as_if_all_were_compared(seed: int) -> None:
    random = Random(seed)  # noqa: S311

    def path(longest: int) -> ErrorPath:
        return tuple(random.choice(["a", "b", 0, 1]) for _ in range(random.randrange(longest)))

    errors = [path(6) for _ in range(random.randrange(12))]
    known = Known(errors)
    for _ in range(60):
        at = path(5)
        key = (*at, *path(3))
        assert known.is_told(at) == any(at[: len(error)] == error for error in errors)
        assert known.concerns(key, at) == any(
            error[: len(at)] == at and error != at and (key[: len(error)] == error or error[: len(key)] == key)
            for error in errors
        )
