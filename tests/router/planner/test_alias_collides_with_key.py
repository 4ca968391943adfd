"""A client alias that shadows a key field: the representation carries the real key."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "accounts": """
        type Query { user: User }
        type User @key(fields: "id") { id: ID! email: String }
    """,
    "names": """
        type User @key(fields: "id") { id: ID! nickname: String }
    """,
}


def test_alias_collides_with_key(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ user { id: email __typename2: nickname nickname } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "accounts") {
              {
                user {
                  id: email
                  _0_id: id
                }
              }
            },
            Flatten(path: "user") {
              Fetch(service: "names") {
                {
                  ... on User {
                    __typename
                    id: _0_id
                  }
                } =>
                {
                  ... on User {
                    __typename2: nickname
                    nickname
                  }
                }
              },
            },
          },
        }
        """,
    )
