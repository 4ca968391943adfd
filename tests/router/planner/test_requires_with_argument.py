"""A required field with arguments stands beside the client's own selection of that field."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { p: P }
        type P @key(fields: "id") { id: ID! price(currency: String!): Int }
    """,
    "b": """
        type P @key(fields: "id") {
          id: ID!
          price(currency: String!): Int @external
          est: Int @requires(fields: "price(currency: \\"USD\\")")
        }
    """,
}


def test_requires_with_argument(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        '{ p { price(currency: "EUR") est } }',
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                p {
                  price(currency: "EUR")
                  _0_price: price(currency: "USD")
                  id
                }
              }
            },
            Flatten(path: "p") {
              Fetch(service: "b") {
                {
                  ... on P {
                    __typename
                    id
                    price: _0_price
                  }
                } =>
                {
                  ... on P {
                    est
                  }
                }
              },
            },
          },
        }
        """,
    )
