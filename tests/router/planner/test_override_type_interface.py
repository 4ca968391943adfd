"""An overridden field selected through an interface of the old owner is taken from the new one."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { feed: [Post] }
        interface Post { id: ID! createdAt: String }
        type Image implements Post @key(fields: "id") { id: ID! createdAt: String }
        type Text implements Post @key(fields: "id") { id: ID! createdAt: String }
    """,
    "b": """
        type Image @key(fields: "id") { id: ID! createdAt: String @override(from: "a") }
    """,
}


def test_override_type_interface(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ feed { id createdAt } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                feed {
                  __typename
                  id
                  ... on Text {
                    createdAt
                  }
                }
              }
            },
            Flatten(path: "feed.@") {
              Fetch(service: "b") {
                {
                  ... on Image {
                    __typename
                    id
                  }
                } =>
                {
                  ... on Image {
                    createdAt
                  }
                }
              },
            },
          },
        }
        """,
    )
