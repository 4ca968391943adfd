"""A representation has room for one value per field, so conflicting demands take two calls."""

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
          plain: Int
          usd: Int @requires(fields: "price(currency: \\"USD\\")")
          eur: Int @requires(fields: "price(currency: \\"EUR\\")")
        }
    """,
}


def test_requires_with_argument_conflict(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ p { usd eur plain } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                p {
                  price(currency: "USD")
                  id
                  _0_price: price(currency: "EUR")
                }
              }
            },
            Batch(service: "b") {
              Flatten(path: "p") {
                {
                  ... on P {
                    __typename
                    id
                    price
                  }
                } =>
                {
                  ... on P {
                    usd
                    plain
                  }
                }
              },
              Flatten(path: "p") {
                {
                  ... on P {
                    __typename
                    id
                    price: _0_price
                  }
                } =>
                {
                  ... on P {
                    eur
                  }
                }
              },
            },
          },
        }
        """,
    )
