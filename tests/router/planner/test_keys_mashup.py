"""Only resolvable keys enter a subgraph, also when coming back to it for a field with ``@requires``."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "one": """
        type Query { a: A }
        type A @key(fields: "id", resolvable: false) @key(fields: "pid") {
          id: ID!
          pid: ID!
          x: String @external
          needs: String @requires(fields: "x")
        }
    """,
    "two": """
        type A @key(fields: "id") { id: ID! x: String name: String }
    """,
}


def test_keys_mashup(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ a { name needs } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "one") {
              {
                a {
                  id
                  pid
                }
              }
            },
            Flatten(path: "a") {
              Fetch(service: "two") {
                {
                  ... on A {
                    __typename
                    id
                  }
                } =>
                {
                  ... on A {
                    name
                    x
                  }
                }
              },
            },
            Flatten(path: "a") {
              Fetch(service: "one") {
                {
                  ... on A {
                    __typename
                    pid
                    x
                  }
                } =>
                {
                  ... on A {
                    needs
                  }
                }
              },
            },
          },
        }
        """,
    )
