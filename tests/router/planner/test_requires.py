"""``@requires`` is fetched from its owner before the call, and one call gives all fields of the subgraph."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "catalog": """
        type Query { products: [Product] }
        type Product @key(fields: "upc") { upc: ID! price: Int weight: Int }
    """,
    "inventory": """
        type Product @key(fields: "upc") {
          upc: ID!
          price: Int @external
          weight: Int @external
          stock: Int
          shipping: Int @requires(fields: "price weight")
        }
    """,
}


def test_required_fields_alone(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ products { shipping } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "catalog") {
              {
                products {
                  price
                  weight
                  upc
                }
              }
            },
            Flatten(path: "products.@") {
              Fetch(service: "inventory") {
                {
                  ... on Product {
                    __typename
                    upc
                    price
                    weight
                  }
                } =>
                {
                  ... on Product {
                    shipping
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_required_fields_selected_too(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ products { stock price shipping } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "catalog") {
              {
                products {
                  upc
                  price
                  weight
                }
              }
            },
            Flatten(path: "products.@") {
              Fetch(service: "inventory") {
                {
                  ... on Product {
                    __typename
                    upc
                    price
                    weight
                  }
                } =>
                {
                  ... on Product {
                    stock
                    shipping
                  }
                }
              },
            },
          },
        }
        """,
    )
