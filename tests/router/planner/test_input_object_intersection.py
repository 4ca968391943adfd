"""An input object has the fields that all of its subgraphs define; others cannot be used, not even where they exist."""

from __future__ import annotations

import pytest
from graphql import parse, validate

from tests.router.executor.subgraphs import Scripted
from tests.router.planner.conftest import AssertPlan, ask, read

SUBGRAPHS = {
    "rooms": """
        input Stay { from: String! to: String nights: Int view: String }
        type Query { rooms(stay: Stay!): [Room] }
        type Room @key(fields: "id") { id: ID! beds: Int }
    """,
    "rates": """
        input Stay { from: String to: String! nights: Int = 2 coupon: ID }
        type Room @key(fields: "id") { id: ID! rate(stay: Stay): Int }
    """,
}


def test_only_common_fields_are_left() -> None:
    fields = read(SUBGRAPHS).api_schema.type_map["Stay"].fields  # type: ignore[attr-defined]
    assert {name: str(field.type) for name, field in fields.items()} == {
        "from": "String!",
        "to": "String!",
        "nights": "Int",
    }


@pytest.mark.parametrize(
    ("stay", "message"),
    [
        ('{ from: "a", to: "b", view: "sea" }', "unknown field 'view'"),
        ('{ from: "a", to: "b", coupon: 7 }', "unknown field 'coupon'"),
        ('{ from: "a" }', "required field 'to'"),
    ],
)
def test_what_is_gone_or_missing_is_invalid(stay: str, message: str) -> None:
    (error,) = validate(read(SUBGRAPHS).api_schema, parse(f"{{ rooms(stay: {stay}) {{ id }} }}"))
    assert message in error.message


async def test_common_fields_are_sent_to_both() -> None:
    rooms = Scripted({"data": {"rooms": [{"id": "1"}]}})
    rates = Scripted({"data": {"_entities": [{"rate": 90}]}})
    stay = {"from": "monday", "to": "friday"}
    operation = "query($stay: Stay!) { rooms(stay: $stay) { rate(stay: $stay) } }"
    response = await ask(SUBGRAPHS, operation, {"stay": stay}, rooms=rooms, rates=rates)
    assert (response.data, response.errors) == ({"rooms": [{"rate": 90}]}, [])
    assert rooms.requests[0]["variables"]["stay"] == rates.requests[0]["variables"]["stay"] == stay


def test_the_plan(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        '{ rooms(stay: { from: "a", to: "b" }) { beds rate(stay: { from: "a", to: "b", nights: 3 }) } }',
        """
        QueryPlan {
          Sequence {
            Fetch(service: "rooms") {
              {
                rooms(stay: { from: "a", to: "b" }) {
                  beds
                  id
                }
              }
            },
            Flatten(path: "rooms.@") {
              Fetch(service: "rates") {
                {
                  ... on Room {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Room {
                    rate(stay: { from: "a", to: "b", nights: 3 })
                  }
                }
              },
            },
          },
        }
        """,
    )
