"""A provided subtree is read inline at every depth."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "cat": """
        type Query { products: [Product] @provides(fields: "categories { id name }") }
        type Product @key(fields: "id") { id: ID! categories: [Category] @external }
        type Category @key(fields: "id") { id: ID! name: String @external }
    """,
    "own": """
        type Product @key(fields: "id") { id: ID! categories: [Category] @shareable }
        type Category @key(fields: "id") { id: ID! name: String @shareable }
    """,
}


def test_nested_provides(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ products { id categories { id name } } }",
        """
        QueryPlan {
          Fetch(service: "cat") {
            {
              products {
                id
                categories {
                  id
                  name
                }
              }
            }
          },
        }
        """,
    )
