"""Different fields under one response key are told apart by an alias."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { pets: [Pet] }
        union Pet = Dog | Cat
        type Dog @key(fields: "id") { id: ID! name(u: Boolean): String }
        type Cat @key(fields: "id") { id: ID! weight: String }
    """,
}


def test_same_response_key_under_different_types(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ pets { ... on Dog { v: name(u: true) } ... on Cat { v: weight } } }",
        """
        QueryPlan {
          Fetch(service: "a") {
            {
              pets {
                __typename
                ... on Dog {
                  v: name(u: true)
                }
                ... on Cat {
                  _0_v: weight
                }
              }
            }
          },
        }
        """,
    )
