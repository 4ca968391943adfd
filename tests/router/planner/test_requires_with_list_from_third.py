"""Lists inside ``@requires`` are completed from a third subgraph before the call."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { p: P }
        type P @key(fields: "id") { id: ID! comments: [C] }
        type C @key(fields: "id") { id: ID! }
    """,
    "b": """
        type C @key(fields: "id") { id: ID! somethingElse: String }
    """,
    "c": """
        type P @key(fields: "id") {
          id: ID!
          comments: [C] @external
          isExpensive: Int @requires(fields: "comments { somethingElse }")
        }
        type C @key(fields: "id") { id: ID! somethingElse: String @external }
    """,
}


def test_requires_with_list_from_third(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ p { isExpensive } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                p {
                  comments {
                    id
                  }
                  id
                }
              }
            },
            Flatten(path: "p.comments.@") {
              Fetch(service: "b") {
                {
                  ... on C {
                    __typename
                    id
                  }
                } =>
                {
                  ... on C {
                    somethingElse
                  }
                }
              },
            },
            Flatten(path: "p") {
              Fetch(service: "c") {
                {
                  ... on P {
                    __typename
                    id
                    comments {
                      somethingElse
                    }
                  }
                } =>
                {
                  ... on P {
                    isExpensive
                  }
                }
              },
            },
          },
        }
        """,
    )
