"""A key over a list of objects: the missing member of each item is fetched by the items' smaller key."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { lists: [PL] }
        type PL @key(fields: "products { id }") { products: [Product!]! @shareable }
        type Product @key(fields: "id") { id: ID! }
    """,
    "b": """
        type Product @key(fields: "id") { id: ID! pid: ID! @shareable }
    """,
    "c": """
        type PL @key(fields: "products { id pid }") { products: [Product!]! @shareable price: Int }
        type Product @key(fields: "id pid") { id: ID! pid: ID! }
    """,
}


def test_complex_entity_call(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ lists { price } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                lists {
                  products {
                    id
                  }
                }
              }
            },
            Flatten(path: "lists.@.products.@") {
              Fetch(service: "b") {
                {
                  ... on Product {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Product {
                    pid
                  }
                }
              },
            },
            Flatten(path: "lists.@") {
              Fetch(service: "c") {
                {
                  ... on PL {
                    __typename
                    products {
                      id
                      pid
                    }
                  }
                } =>
                {
                  ... on PL {
                    price
                  }
                }
              },
            },
          },
        }
        """,
    )
