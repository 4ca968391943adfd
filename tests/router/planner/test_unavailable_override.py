"""An override from a subgraph that is not there changes nothing: the field stays shared."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { fromA: Post }
        type Post @key(fields: "id") { id: ID! title: String @shareable }
    """,
    "b": """
        type Query { fromB: Post }
        type Post @key(fields: "id") { id: ID! title: String @override(from: "gone") @shareable likes: Int }
    """,
}


def test_it_is_read_where_it_is_met_first(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ fromA { title } }",
        """
        QueryPlan {
          Fetch(service: "a") {
            {
              fromA {
                title
              }
            }
          },
        }
        """,
    )


def test_it_is_read_where_it_claims_to_override(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ fromB { title likes } }",
        """
        QueryPlan {
          Fetch(service: "b") {
            {
              fromB {
                title
                likes
              }
            }
          },
        }
        """,
    )
