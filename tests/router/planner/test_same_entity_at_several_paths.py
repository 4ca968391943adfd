"""Equal calls of one round share a call with several targets, others share the request."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { p(id: ID!): P ps: [P] }
        type P @key(fields: "id") { id: ID! x: Int }
    """,
    "b": """
        type P @key(fields: "id") { id: ID! other: Int }
    """,
}


def test_same_entity_at_several_paths(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        """
        {
          a: p(id: 1) {
            x
            other
          }
          b: p(id: 2) {
            x
            other
          }
          c: p(id: 3) {
            x
            more: other
          }
          l: ps {
            other
          }
        }
        """,
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                a: p(id: 1) {
                  x
                  id
                }
                b: p(id: 2) {
                  x
                  id
                }
                c: p(id: 3) {
                  x
                  id
                }
                l: ps {
                  id
                }
              }
            },
            Batch(service: "b") {
              Flatten(paths: ["a", "b", "l.@"]) {
                {
                  ... on P {
                    __typename
                    id
                  }
                } =>
                {
                  ... on P {
                    other
                  }
                }
              },
              Flatten(path: "c") {
                {
                  ... on P {
                    __typename
                    id
                  }
                } =>
                {
                  ... on P {
                    more: other
                  }
                }
              },
            },
          },
        }
        """,
    )
