"""Entities whose fields depend on what is above them: each is answered for its own values, in few requests."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson
import pytest
from graphql import build_schema, execute_sync, parse, validate
from hypothesis import given, settings
from hypothesis import strategies as st

from router.composition import SubgraphSource, compose
from router.executor import Response, context_fetches
from router.executor.context import RequestContext
from router.executor.executable import ExecutablePlan, compile_plan
from router.executor.transports import SubgraphResponse, SubgraphUnreachable
from router.planner import Planner
from router.supergraph import Supergraph
from tests.router.executor.subgraphs import Reply, Scripted

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.8",'
    ' import: ["@key", "@external", "@context", "@fromContext"])\n'
)
PLAIN = """
    directive @key(fields: String!) on OBJECT
    directive @external on FIELD_DEFINITION
    directive @context(name: String!) on OBJECT
    directive @fromContext(field: String) on ARGUMENT_DEFINITION
    scalar _Any
"""
SHOPS = """
    type Query { shops: [Shop] }
    type Shop @key(fields: "id") @context(name: "shop") {
      id: ID!
      currency: String
      tags: [String]
      locale: String @external
      products: [Product]
      branch: Shop
    }
    type Product @key(fields: "id") {
      id: ID!
      name: String
      price(in: String @fromContext(field: "$shop { currency }")): String
      tagged(with: [String] @fromContext(field: "$shop { tags }")): String
    }
    type Maker @key(fields: "id") {
      id: ID!
      slogan(
        in: String @fromContext(field: "$shop { locale }")
        for: String @fromContext(field: "$shop { currency }")
        loud: Boolean
      ): String
    }
"""
OTHERS = """
    type Shop @key(fields: "id") { id: ID! locale: String }
    type Product @key(fields: "id") { id: ID! maker: Maker }
    type Maker @key(fields: "id") { id: ID! }
"""
OPERATION = """
    query($loud: Boolean, $twice: Boolean = true) {
      shops { ...Stock branch { ...Stock } }
    }
    fragment Stock on Shop {
      products {
        name
        price
        again: price @include(if: $twice)
        tagged
        maker { id slogan(loud: $loud) }
      }
    }
"""
Record = dict[str, Any]


@cache
def supergraph() -> Supergraph:
    sources = [SubgraphSource(name, f"http://{name}", LINK + sdl) for name, sdl in (("a", SHOPS), ("b", OTHERS))]
    result = compose(sources)
    assert result.supergraph_sdl is not None, result.errors
    return Supergraph.from_sdl(result.supergraph_sdl)


@cache
def executable(operation: str) -> ExecutablePlan:
    document = parse(operation)
    schema = supergraph().api_schema
    assert validate(schema, document) == []
    return compile_plan(Planner(supergraph()).plan(document), schema)


def subgraph(sdl: str, entities: str, resolve: Any) -> Scripted:
    """A subgraph that refuses requests that are not valid and answers from ``resolve(source, name, arguments)``."""
    root = "type Query {" if "type Query" not in sdl else ""
    root += " _entities(representations: [_Any!]!): [_Entity]!" + (" }" if root else "")
    text = sdl.replace("type Query {", f"type Query {{ {root}") if "type Query" in sdl else sdl + root
    schema = build_schema(f"{PLAIN}{text} union _Entity = {entities}", assume_valid_sdl=True)

    def reply(request: Record) -> Reply:
        document = parse(request["query"])
        assert validate(schema, document) == [], request["query"]
        result = execute_sync(
            schema,
            document,
            {},
            variable_values=request.get("variables"),
            field_resolver=lambda source, info, **arguments: (
                arguments["representations"]
                if info.field_name == "_entities"
                else resolve(source, info.field_name, arguments)
            ),
            type_resolver=lambda value, _info, _type: value["__typename"],
        )
        return orjson.loads(orjson.dumps(result.formatted))

    return Scripted(reply)


class World:
    """Shops with products that several of them sell."""

    def __init__(self, shops: list[Record | None]) -> None:
        self.shops = shops
        self.by_id: dict[str, Record] = {}
        for shop in shops:
            for found in (shop, shop and shop.get("branch")):
                if found:
                    found["id"] = f"s{len(self.by_id)}"
                    self.by_id[found["id"]] = found
        self.a = subgraph(SHOPS, "Shop | Product | Maker", self.resolve_a)
        self.b = subgraph(OTHERS, "Shop | Product | Maker", self.resolve_b)

    def resolve_a(self, source: Any, name: str, arguments: Mapping[str, Any]) -> Any:
        match name:
            case "shops":
                return self.shops
            case "products":
                return [None if one is None else {"id": one, "name": one.upper()} for one in source["products"]]
            case "price":
                return price(source["id"], arguments.get("in"))
            case "tagged":
                return tagged(source["id"], arguments.get("with"))
            case "slogan":
                return slogan(source["id"], arguments.get("in"), arguments.get("for"), arguments.get("loud"))
        return source.get(name)

    def resolve_b(self, source: Any, name: str, arguments: Mapping[str, Any]) -> Any:
        match name:
            case "locale":
                return self.by_id[source["id"]]["locale"]
            case "maker":
                return {"id": f"m-{source['id'][0]}"}
        return source.get(name)

    def expected(self, *, loud: bool, twice: bool) -> Any:
        def stock(shop: Record) -> Record:
            products: list[Record | None] = []
            for one in shop["products"]:
                if one is None:
                    products.append(None)
                    continue
                maker = f"m-{one[0]}"
                products.append(
                    {
                        "name": one.upper(),
                        "price": price(one, shop["currency"]),
                        **({"again": price(one, shop["currency"])} if twice else {}),
                        "tagged": tagged(one, shop["tags"]),
                        "maker": {"id": maker, "slogan": slogan(maker, shop["locale"], shop["currency"], loud)},
                    }
                )
            return {"products": products}

        return {
            "shops": [
                shop and {**stock(shop), "branch": stock(shop["branch"]) if shop["branch"] else None}
                for shop in self.shops
            ]
        }

    async def ask(self, operation: str = OPERATION, variables: Record | None = None, **replaced: Any) -> Response:
        transports = {"a": self.a, "b": self.b, **replaced}
        return await executable(operation).execute(RequestContext(transports, variables or {}))


def price(product: str, currency: str | None) -> str:
    return f"{product} in {currency}"


def tagged(product: str, tags: list[str] | None) -> str:
    return f"{product} {tags}"


def slogan(maker: str, locale: str | None, currency: str | None, loud: object) -> str:
    return f"{maker} {locale} {currency}" + ("!" if loud else "")


def shop_of(currency: str | None = "EUR", *products: str | None, **rest: Any) -> Record:
    return {"currency": currency, "tags": None, "locale": "de", "products": list(products), "branch": None, **rest}


PRODUCTS = st.lists(st.sampled_from(["apple", "anise", "bread", None]), max_size=3)
SHOP = st.fixed_dictionaries(
    {
        "currency": st.sampled_from(["EUR", "USD", None]),
        "tags": st.sampled_from([["x", "y"], [], None]),
        "locale": st.sampled_from(["de", "en", None]),
        "products": PRODUCTS,
    }
)
BRANCHED = st.builds(
    lambda shop, branch: {**shop, "branch": branch and {**branch, "branch": None}}, SHOP, SHOP | st.none()
)


@settings(max_examples=150, deadline=None)
@given(st.lists(BRANCHED | st.none(), max_size=4), st.booleans(), st.booleans())
def test_every_entity_is_answered_for_what_is_above_it(shops: list[Record | None], loud: bool, twice: bool) -> None:
    world = World([shop and dict(shop) for shop in shops])
    variables = {"loud": loud, "twice": twice}
    response = asyncio.run(world.ask(variables=variables))
    assert response.errors == []
    assert response.data == world.expected(loud=loud, twice=twice)
    assert len(world.a.requests) <= 3
    assert len(world.b.requests) <= 1


async def test_equal_values_share_a_call_and_others_a_request() -> None:
    world = World([shop_of("EUR", "apple", "bread"), shop_of("USD", "apple"), shop_of("EUR", "apple")])
    await world.ask("{ shops { products { price } } }")
    _, entities = world.a.requests
    assert entities["query"].count("_entities(") == 2
    assert {key: value for key, value in entities["variables"].items() if not isinstance(value, list)} == {
        "_c0_0": "EUR",
        "_c0_1": "USD",
    }
    assert entities["variables"]["representations_0"] == [
        {"__typename": "Product", "id": "apple"},
        {"__typename": "Product", "id": "bread"},
    ]


async def test_one_value_needs_no_other_document() -> None:
    world = World([shop_of("EUR", "apple"), shop_of("EUR", "bread")])
    await world.ask("{ shops { products { price } } }")
    assert world.a.requests[1]["variables"] == {
        "representations": [{"__typename": "Product", "id": "apple"}, {"__typename": "Product", "id": "bread"}],
        "_c0": "EUR",
    }


async def test_a_context_that_is_not_needed_is_not_fetched() -> None:
    world = World([shop_of("EUR", "apple")])
    response = await world.ask("query($c: Boolean!) { shops { products { price @include(if: $c) } } }", {"c": False})
    assert response.data == {"shops": [{"products": [{}]}]}
    assert len(world.a.requests) == 1


async def test_clients_may_use_the_names_of_context_variables() -> None:
    world = World([shop_of("EUR", "apple"), shop_of("USD", "apple")])
    operation = """
        query($_c0: Boolean, $_c1_0: Boolean) {
          shops { products { maker { slogan(loud: $_c0) } } }
          a: shops { products { maker { slogan(loud: $_c1_0) } } }
        }
    """
    response = await world.ask(operation, {"_c0": True, "_c1_0": False})
    assert response.errors == []
    assert response.data == {
        "shops": [{"products": [{"maker": {"slogan": f"m-a de {one}!"}}]} for one in ("EUR", "USD")],
        "a": [{"products": [{"maker": {"slogan": f"m-a de {one}"}}]} for one in ("EUR", "USD")],
    }


async def test_many_values_take_several_requests() -> None:
    currencies = [f"X{number}" for number in range(context_fetches.MAX_CALLS * 2 + 1)]
    world = World([shop_of(currency, "apple") for currency in currencies])
    response = await world.ask("{ shops { products { price } } }")
    assert response.errors == []
    assert response.data == {"shops": [{"products": [{"price": f"apple in {one}"}]} for one in currencies]}
    assert len(world.a.requests) == 4


async def test_more_values_than_may_be_asked_for_are_errors_at_their_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context_fetches, "MAX_REQUESTS", 1)
    currencies = [f"X{number}" for number in range(context_fetches.MAX_CALLS + 2)]
    world = World([shop_of(currency, "apple") for currency in currencies])
    response = await world.ask("{ shops { products { price } } }")
    most = context_fetches.MAX_CALLS
    assert [error["path"] for error in response.errors] == [
        ["shops", most + number, "products", 0] for number in range(2)
    ]
    assert {error["extensions"]["code"] for error in response.errors} == {"CONTEXT_VALUES_EXCEEDED"}
    assert response.data is not None
    prices = [shop["products"][0]["price"] for shop in response.data["shops"]]
    assert prices == [f"apple in {one}" for one in currencies[:most]] + [None, None]


async def test_nothing_is_asked_for_with_a_value_that_could_not_be_fetched() -> None:
    world = World([shop_of("EUR", "apple")])
    response = await world.ask(
        "{ shops { products { name maker { slogan } } } }",
        b=Scripted(
            lambda request: (
                SubgraphUnreachable("refused")
                if "locale" in request["query"]
                else SubgraphResponse(200, "application/json", b"{}")
            )
        ),
    )
    assert response.data == {"shops": [{"products": [{"name": "APPLE", "maker": None}]}]}
    assert response.errors
    assert all("slogan" not in request["query"] for request in world.a.requests)


async def test_errors_of_contextual_fields_have_their_response_paths() -> None:
    world = World([shop_of("EUR", "apple"), shop_of("USD", "apple", "bread")])

    def fail(request: Record) -> Reply:
        if "_entities" not in request["query"]:
            return {
                "data": {
                    "shops": [
                        {"currency": "EUR", "products": [{"id": "apple"}]},
                        {"currency": "USD", "products": [{"id": "apple"}, {"id": "bread"}]},
                    ]
                }
            }
        return {
            "data": {"_entities_0": [{"cost": "1"}], "_entities_1": [{"cost": "2"}, None]},
            "errors": [{"message": "no bread", "path": ["_entities_1", 1, "cost"]}],
        }

    response = await world.ask("{ shops { products { cost: price } } }", a=Scripted(fail))
    assert response.data == {"shops": [{"products": [{"cost": "1"}]}, {"products": [{"cost": "2"}, {"cost": None}]}]}
    assert [(error["message"], error["path"]) for error in response.errors] == [
        ("no bread", ["shops", 1, "products", 1, "cost"])
    ]
