"""A subgraph whose key is not at hand is entered by way of one that has it."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "catalog": """
        type Query { products: [Product] }
        type Product @key(fields: "upc") { upc: ID! }
    """,
    "skus": """
        type Product @key(fields: "upc") @key(fields: "sku") { upc: ID! sku: ID! }
    """,
    "stock": """
        type Product @key(fields: "sku") { sku: ID! stock: Int }
    """,
}


def test_several_keys(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ products { stock } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "catalog") {
              {
                products {
                  upc
                }
              }
            },
            Flatten(path: "products.@") {
              Fetch(service: "skus") {
                {
                  ... on Product {
                    __typename
                    upc
                  }
                } =>
                {
                  ... on Product {
                    sku
                  }
                }
              },
            },
            Flatten(path: "products.@") {
              Fetch(service: "stock") {
                {
                  ... on Product {
                    __typename
                    sku
                  }
                } =>
                {
                  ... on Product {
                    stock
                  }
                }
              },
            },
          },
        }
        """,
    )
