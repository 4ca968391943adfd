"""Two subgraphs that need each other's fields in turn are visited in turn."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { p: P }
        type P @key(fields: "id") { id: ID! x: Int @external f: Int @requires(fields: "x") }
        type N @key(fields: "id") { id: ID! y: Int }
    """,
    "b": """
        type P @key(fields: "id") { id: ID! n: N x: Int @requires(fields: "n { y }") }
        type N @key(fields: "id") { id: ID! y: Int @external }
    """,
}


def test_requires_circular(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ p { f } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                p {
                  id
                }
              }
            },
            Flatten(path: "p") {
              Fetch(service: "b") {
                {
                  ... on P {
                    __typename
                    id
                  }
                } =>
                {
                  ... on P {
                    n {
                      id
                    }
                  }
                }
              },
            },
            Flatten(path: "p.n") {
              Fetch(service: "a") {
                {
                  ... on N {
                    __typename
                    id
                  }
                } =>
                {
                  ... on N {
                    y
                  }
                }
              },
            },
            Flatten(path: "p") {
              Fetch(service: "b") {
                {
                  ... on P {
                    __typename
                    id
                    n {
                      y
                    }
                  }
                } =>
                {
                  ... on P {
                    x
                  }
                }
              },
            },
            Flatten(path: "p") {
              Fetch(service: "a") {
                {
                  ... on P {
                    __typename
                    id
                    x
                  }
                } =>
                {
                  ... on P {
                    f
                  }
                }
              },
            },
          },
        }
        """,
    )
