"""A shared root field is asked in all subgraphs that contribute, side by side."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "name": """
        type Query { product: Product @shareable }
        type Product @shareable { id: ID! name: String category: Category }
        type Category @shareable { id: ID! title: String }
    """,
    "price": """
        type Query { product: Product @shareable }
        type Product @shareable { id: ID! price: Int category: Category }
        type Category @shareable { id: ID! details: String }
    """,
}


def test_shared_root(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ product { id name price category { id title details } } }",
        """
        QueryPlan {
          Parallel {
            Fetch(service: "name") {
              {
                product {
                  id
                  name
                  category {
                    id
                    title
                  }
                }
              }
            },
            Fetch(service: "price") {
              {
                product {
                  price
                  category {
                    details
                  }
                }
              }
            },
          },
        }
        """,
    )
