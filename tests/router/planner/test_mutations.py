"""Root mutation fields run in document order; they share a request only when nothing is left to complete."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { q: Int }
        type Mutation { addA: T }
        type T @key(fields: "id") { id: ID! a: Int }
    """,
    "b": """
        type Mutation { addB: T }
        type T @key(fields: "id") { id: ID! b: Int }
    """,
}


def test_mutations(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "mutation { a1: addA { id b } addB { id a } a2: addA { id } a3: addA { id } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                a1: addA {
                  id
                }
              }
            },
            Flatten(path: "a1") {
              Fetch(service: "b") {
                {
                  ... on T {
                    __typename
                    id
                  }
                } =>
                {
                  ... on T {
                    b
                  }
                }
              },
            },
            Fetch(service: "b") {
              {
                addB {
                  id
                }
              }
            },
            Flatten(path: "addB") {
              Fetch(service: "a") {
                {
                  ... on T {
                    __typename
                    id
                  }
                } =>
                {
                  ... on T {
                    a
                  }
                }
              },
            },
            Fetch(service: "a") {
              {
                a2: addA {
                  id
                }
                a3: addA {
                  id
                }
              }
            },
          },
        }
        """,
    )
