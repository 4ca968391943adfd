"""A subscription opens one stream and completes each event by entity fetches."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { q: Int }
        type Subscription { changed: T }
        type T @key(fields: "id") { id: ID! a: Int }
    """,
    "b": """
        type T @key(fields: "id") { id: ID! b: Int }
    """,
}


def test_subscriptions(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "subscription { changed { id b } }",
        """
        QueryPlan {
          Subscription {
            Primary: {
              Fetch(service: "a") {
                {
                  changed {
                    id
                  }
                }
              },
            },
            Rest: {
              Flatten(path: "changed") {
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
            },
          },
        }
        """,
    )
