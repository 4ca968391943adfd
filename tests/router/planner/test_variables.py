"""Each fetch declares the variables it mentions, with their defaults; a dollar sign in a string is none."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { ps(first: Int): [P] }
        type P @key(fields: "id") { id: ID! }
    """,
    "b": """
        input In { of: [Int!] s: String }
        type P @key(fields: "id") { id: ID! list(f: In): Int }
    """,
}


def test_variables(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        """
        query ($first: Int = 3, $f: In, $deep: [Int!], $there: Boolean!) {
          ps(first: $first) {
            id @include(if: $there)
            list(f: $f)
            deep: list(f: { of: $deep, s: "$first" })
          }
        }
        """,
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                ps(first: $first) {
                  id
                }
              }
            },
            Flatten(path: "ps.@") {
              Fetch(service: "b") {
                {
                  ... on P {
                    __typename
                    id
                  }
                } =>
                {
                  ... on P {
                    list(f: $f)
                    deep: list(f: { of: $deep, s: "$first" })
                  }
                }
              },
            },
          },
        }
        """,
    )
