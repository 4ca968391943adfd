"""Keys with nested objects are selected, and sent, in their nested form."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "catalog": """
        type Query { products: [Product] }
        type Product @key(fields: "sku org { id region { code } }") { sku: String! org: Org! }
        type Org @shareable { id: ID! region: Region! }
        type Region @shareable { code: String! }
    """,
    "pricing": """
        type Product @key(fields: "sku org { id region { code } }") { sku: String! org: Org! price: Int }
        type Org @shareable { id: ID! region: Region! }
        type Region @shareable { code: String! }
    """,
}


def test_composite_key(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ products { price } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "catalog") {
              {
                products {
                  sku
                  org {
                    id
                    region {
                      code
                    }
                  }
                }
              }
            },
            Flatten(path: "products.@") {
              Fetch(service: "pricing") {
                {
                  ... on Product {
                    __typename
                    sku
                    org {
                      id
                      region {
                        code
                      }
                    }
                  }
                } =>
                {
                  ... on Product {
                    price
                  }
                }
              },
            },
          },
        }
        """,
    )
