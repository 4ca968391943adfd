"""A hidden argument does not exist for clients while its default works in the subgraph; a hidden value is null."""

from __future__ import annotations

from graphql import parse, validate

from tests.router.executor.subgraphs import Scripted
from tests.router.planner.conftest import AssertPlan, ask, read

SUBGRAPHS = {
    "lamps": """
        enum Light { WARM COLD ULTRAVIOLET @inaccessible }
        type Query { lamp(room: String!, lumen: Int = 400 @inaccessible): Lamp }
        type Lamp @key(fields: "id") { id: ID! light: Light lights: [Light!] }
    """,
    "shelf": """
        type Lamp @key(fields: "id") { id: ID! place(floor: Int! = 2 @inaccessible, unit: String = "m"): String }
    """,
}


def test_the_argument_does_not_exist() -> None:
    schema = read(SUBGRAPHS).api_schema
    (error,) = validate(schema, parse('{ lamp(room: "hall", lumen: 800) { id } }'))
    assert "Unknown argument 'lumen' on field 'Query.lamp'" in error.message
    (error,) = validate(schema, parse('{ lamp(room: "hall") { place(floor: 1) } }'))
    assert "Unknown argument 'floor' on field 'Lamp.place'" in error.message


async def test_its_default_is_left_to_the_subgraph() -> None:
    lamps = Scripted({"data": {"lamp": {"id": "1"}}})
    shelf = Scripted({"data": {"_entities": [{"place": "up"}]}})
    response = await ask(SUBGRAPHS, '{ lamp(room: "hall") { place(unit: "ft") } }', lamps=lamps, shelf=shelf)
    assert (response.data, response.errors) == ({"lamp": {"place": "up"}}, [])
    assert "lumen" not in lamps.requests[0]["query"]
    assert "floor" not in shelf.requests[0]["query"]


async def test_a_hidden_value_is_null() -> None:
    lamps = {"data": {"lamp": {"id": "1", "light": "ULTRAVIOLET", "lights": ["WARM"]}}}
    response = await ask(SUBGRAPHS, '{ lamp(room: "hall") { light lights } }', lamps=lamps)
    assert response.data == {"lamp": {"light": None, "lights": ["WARM"]}}
    (error,) = response.errors
    assert error["path"] == ["lamp", "light"]
    assert "ULTRAVIOLET" not in error["message"]


async def test_a_hidden_value_that_may_not_be_null_takes_its_list_along() -> None:
    lamps = {"data": {"lamp": {"id": "1", "light": "COLD", "lights": ["WARM", "ULTRAVIOLET"]}}}
    response = await ask(SUBGRAPHS, '{ lamp(room: "hall") { light lights } }', lamps=lamps)
    assert response.data == {"lamp": {"light": "COLD", "lights": None}}
    assert [error["path"] for error in response.errors] == [["lamp", "lights", 1]]


def test_the_plan(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        '{ lamp(room: "hall") { light place(unit: "ft") } }',
        """
        QueryPlan {
          Sequence {
            Fetch(service: "lamps") {
              {
                lamp(room: "hall") {
                  light
                  id
                }
              }
            },
            Flatten(path: "lamp") {
              Fetch(service: "shelf") {
                {
                  ... on Lamp {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Lamp {
                    place(unit: "ft")
                  }
                }
              },
            },
          },
        }
        """,
    )


HIDDEN_TYPE_SUBGRAPHS = {
    "list": """
        type Query { first: Thing }
        union Thing = Shown | Hidden
        type Shown @key(fields: "id") { id: ID! }
        type Hidden @key(fields: "id") @inaccessible { id: ID! }
    """,
    "names": """
        type Shown @key(fields: "id") { id: ID! name: String }
    """,
}


def test_what_is_selected_of_the_only_type_is_not_for_hidden_ones(assert_plan: AssertPlan) -> None:
    """They show as null: nothing is fetched for them, and nobody needs to resolve it."""
    assert_plan(
        HIDDEN_TYPE_SUBGRAPHS,
        "{ first { ... on Shown { name } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "list") {
              {
                first {
                  __typename
                  ... on Shown {
                    id
                  }
                }
              }
            },
            Flatten(path: "first") {
              Fetch(service: "names") {
                {
                  ... on Shown {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Shown {
                    name
                  }
                }
              },
            },
          },
        }
        """,
    )


async def test_an_object_of_a_hidden_type_is_null() -> None:
    listed = {"data": {"first": {"__typename": "Hidden"}}}
    names = Scripted({"data": {"_entities": []}})
    response = await ask(HIDDEN_TYPE_SUBGRAPHS, "{ first { ... on Shown { name } } }", list=listed, names=names)
    assert response.data == {"first": None}
    assert [error["path"] for error in response.errors] == [["first"]]
    assert names.requests == []
