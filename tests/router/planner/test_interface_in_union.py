"""Conditions on interfaces inside unions are evaluated by the supergraph and sent as object types."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { found: [U] }
        union U = A | B | C
        interface Named { name: String }
        type A implements Named { name: String }
        type B implements Named @key(fields: "id") { id: ID! name: String price: Int @shareable }
        type C { z: Int }
    """,
    "b": """
        type Query { other: [Priced] }
        interface Priced { price: Int }
        type B implements Priced @key(fields: "id") { id: ID! price: Int @shareable }
    """,
}


def test_interface_in_union(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ found { ... on Named { name ... on Priced { price } } } }",
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
                  name
                  price
                }
              }
            }
          },
        }
        """,
    )
