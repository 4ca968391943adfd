"""An enum used for input and output has one set of values; a hidden one is neither taken nor shown."""

from __future__ import annotations

from graphql import parse, validate

from tests.router.executor.subgraphs import Scripted
from tests.router.planner.conftest import AssertPlan, ask, read

SUBGRAPHS = {
    "shop": """
        enum Size { SMALL LARGE GIANT @inaccessible }
        type Query { shirts(size: Size, sizes: [Size!] = [SMALL]): [Shirt] }
        type Shirt @key(fields: "id") { id: ID! size: Size fits: [Size] }
    """,
    "store": """
        enum Size { SMALL LARGE }
        type Query { stocked: [Size!] }
        type Shirt @key(fields: "id") { id: ID! left(size: Size): Int }
    """,
}


def test_a_hidden_value_is_no_argument() -> None:
    schema = read(SUBGRAPHS).api_schema
    for value in ("GIANT", "[LARGE, GIANT]"):
        name = "sizes" if value.startswith("[") else "size"
        (error,) = validate(schema, parse(f"{{ shirts({name}: {value}) {{ id }} }}"))
        assert "'GIANT' does not exist in 'Size' enum" in error.message
    assert list(schema.type_map["Size"].values) == ["SMALL", "LARGE"]  # type: ignore[attr-defined]


async def test_hidden_and_unknown_values_become_null() -> None:
    shirts = [
        {"size": "GIANT", "fits": ["LARGE", "GIANT"]},
        {"size": "HUGE", "fits": ["SMALL"]},
        {"size": "SMALL", "fits": None},
    ]
    response = await ask(SUBGRAPHS, "{ shirts { size fits } }", shop={"data": {"shirts": shirts}})
    assert response.data == {
        "shirts": [
            {"size": None, "fits": ["LARGE", None]},
            {"size": None, "fits": ["SMALL"]},
            {"size": "SMALL", "fits": None},
        ]
    }
    paths = [error["path"] for error in response.errors]
    assert paths == [["shirts", 0, "size"], ["shirts", 0, "fits", 1], ["shirts", 1, "size"]]
    assert "GIANT" not in str(response.errors)


async def test_a_subgraphs_own_error_is_passed_on() -> None:
    refusal = {"message": "no value GIANT here", "path": ["shirts", 0, "size"]}
    shop = {"data": {"shirts": [{"size": None}]}, "errors": [refusal]}
    response = await ask(SUBGRAPHS, "{ shirts { size } }", shop=shop)
    assert response.data == {"shirts": [{"size": None}]}
    (error,) = response.errors
    assert (error["message"], error["path"]) == ("no value GIANT here", ["shirts", 0, "size"])


async def test_values_that_all_know_are_sent_on() -> None:
    store = Scripted({"data": {"_entities": [{"left": 3}]}})
    shop = {"data": {"shirts": [{"__typename": "Shirt", "id": "7"}]}}
    operation = "query($size: Size) { shirts { left(size: $size) } }"
    response = await ask(SUBGRAPHS, operation, {"size": "LARGE"}, shop=shop, store=store)
    assert response.data == {"shirts": [{"left": 3}]}
    assert store.requests[0]["variables"]["size"] == "LARGE"


def test_the_plan(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ shirts(size: LARGE) { size left(size: SMALL) } stocked }",
        """
        QueryPlan {
          Parallel {
            Sequence {
              Fetch(service: "shop") {
                {
                  shirts(size: LARGE) {
                    size
                    id
                  }
                }
              },
              Flatten(path: "shirts.@") {
                Fetch(service: "store") {
                  {
                    ... on Shirt {
                      __typename
                      id
                    }
                  } =>
                  {
                    ... on Shirt {
                      left(size: SMALL)
                    }
                  }
                },
              },
            },
            Fetch(service: "store") {
              {
                stocked
              }
            },
          },
        }
        """,
    )
