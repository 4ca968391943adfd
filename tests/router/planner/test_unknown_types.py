"""Type conditions on types a subgraph does not know are not sent to it."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { errors: [Err] }
        interface Err { message: String }
        type OutOfStock implements Err { message: String left: Int }
    """,
    "b": """
        type Query { declined: [Err] }
        interface Err { message: String }
        type Declined implements Err { message: String code: Int }
    """,
}


def test_unknown_types(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ errors { message ... on OutOfStock { left } ... on Declined { code } } }",
        """
        QueryPlan {
          Fetch(service: "a") {
            {
              errors {
                __typename
                message
                ... on OutOfStock {
                  left
                }
              }
            }
          },
        }
        """,
    )
