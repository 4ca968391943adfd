"""An overridden field is read from its new owner, wherever its parent came from."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { feed: [Post] }
        type Post @key(fields: "id") { id: ID! createdAt: String }
    """,
    "b": """
        type Post @key(fields: "id") { id: ID! createdAt: String @override(from: "a") }
    """,
}


def test_override(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ feed { id createdAt } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                feed {
                  id
                }
              }
            },
            Flatten(path: "feed.@") {
              Fetch(service: "b") {
                {
                  ... on Post {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Post {
                    createdAt
                  }
                }
              },
            },
          },
        }
        """,
    )
