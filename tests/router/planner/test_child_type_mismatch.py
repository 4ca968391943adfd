"""Members whose field differs in nullability inside one subgraph get different keys there."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { found: [AB] }
        union AB = A | B
        type A { name: String! @shareable }
        type B { name: String @shareable }
    """,
    "b": """
        type Query { other: A b: B }
        type A { name: String @shareable }
        type B { name: String @shareable }
    """,
}


def test_child_type_mismatch(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ found { ... on A { name } ... on B { name } } }",
        """
        QueryPlan {
          Fetch(service: "a") {
            {
              found {
                __typename
                ... on A {
                  name
                }
                ... on B {
                  _0_name: name
                }
              }
            }
          },
        }
        """,
    )
