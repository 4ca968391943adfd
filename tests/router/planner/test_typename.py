"""``__typename`` is asked once; at the root it needs no fetch."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { pets: [Pet] }
        interface Pet { id: ID! name: String }
        type Dog implements Pet @key(fields: "id") { id: ID! name: String }
        type Cat implements Pet @key(fields: "id") { id: ID! name: String lives: Int }
    """,
    "b": """
        interface Pet { id: ID! weight: Int }
        type Dog implements Pet @key(fields: "id") { id: ID! weight: Int }
        type Cat implements Pet @key(fields: "id") { id: ID! weight: Int }
    """,
}


def test_typename(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ __typename t: __typename pets { a: __typename __typename ... on Dog { d: __typename } } }",
        """
        QueryPlan {
          Fetch(service: "a") {
            {
              pets {
                __typename
              }
            }
          },
        }
        """,
    )
