"""``@provides`` is read inline where it covers the selection; anything beyond it costs a fetch."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "reviews": """
        type Query { reviews: [Review] }
        type Review { body: String author: User @provides(fields: "username address { city }") }
        type User @key(fields: "id") { id: ID! username: String @external address: Address @external }
        type Address @shareable { city: String @external }
    """,
    "accounts": """
        type User @key(fields: "id") {
          id: ID!
          username: String @shareable
          email: String
          address: Address @shareable
        }
        type Address @shareable { city: String street: String }
    """,
}


def test_covered(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ reviews { body author { username address { city } } } }",
        """
        QueryPlan {
          Fetch(service: "reviews") {
            {
              reviews {
                body
                author {
                  username
                  address {
                    city
                  }
                }
              }
            }
          },
        }
        """,
    )


def test_partly_covered(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ reviews { author { username email address { city street } } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "reviews") {
              {
                reviews {
                  author {
                    username
                    id
                  }
                }
              }
            },
            Flatten(path: "reviews.@.author") {
              Fetch(service: "accounts") {
                {
                  ... on User {
                    __typename
                    id
                  }
                } =>
                {
                  ... on User {
                    email
                    address {
                      city
                      street
                    }
                  }
                }
              },
            },
          },
        }
        """,
    )
