"""A root field returns an interface from a subgraph that only has keys; idle subgraphs are ignored."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { node: Node }
        interface Node { id: ID! }
        type User implements Node @key(fields: "id") { id: ID! }
    """,
    "b": """
        type User @key(fields: "id") { id: ID! name: String }
    """,
    "c": """
        type User @key(fields: "id") { id: ID! }
    """,
}


def test_node(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ node { id ... on User { name } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                node {
                  __typename
                  id
                }
              }
            },
            Flatten(path: "node") {
              Fetch(service: "b") {
                {
                  ... on User {
                    __typename
                    id
                  }
                } =>
                {
                  ... on User {
                    name
                  }
                }
              },
            },
          },
        }
        """,
    )
