"""The minimal entity jump: the key is added to the first fetch though nobody selected it."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "accounts": """
        type Query { user: User }
        type User @key(fields: "id") { id: ID! email: String }
    """,
    "names": """
        extend type User @key(fields: "id") { id: ID! @external nickname: String }
    """,
}


def test_simple_entity_call(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ user { nickname } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "accounts") {
              {
                user {
                  id
                }
              }
            },
            Flatten(path: "user") {
              Fetch(service: "names") {
                {
                  ... on User {
                    __typename
                    id
                  }
                } =>
                {
                  ... on User {
                    nickname
                  }
                }
              },
            },
          },
        }
        """,
    )
