"""``@requires`` through an interface: the value is carried per type of its owner."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { a: User }
        type User @key(fields: "id") { id: ID! name: String }
    """,
    "b": """
        type User @key(fields: "id") {
          id: ID!
          address: Address @external
          city: String @requires(fields: "address { id }")
          country: String @requires(fields: "address { ... on Home { city } }")
        }
        interface Address { id: ID! }
        type Home implements Address @key(fields: "id") { id: ID! @external city: String @external }
        type Work implements Address @key(fields: "id") { id: ID! @external }
    """,
    "c": """
        type User @key(fields: "id") { id: ID! address: Address }
        interface Address { id: ID! }
        type Home implements Address @key(fields: "id") { id: ID! city: String }
        type Work implements Address @key(fields: "id") { id: ID! }
        type Boat implements Address @key(fields: "id") { id: ID! }
    """,
}


def test_requires_interface(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ a { city country } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                a {
                  id
                }
              }
            },
            Flatten(path: "a") {
              Fetch(service: "c") {
                {
                  ... on User {
                    __typename
                    id
                  }
                } =>
                {
                  ... on User {
                    address {
                      __typename
                      id
                      ... on Home {
                        city
                      }
                    }
                  }
                }
              },
            },
            Flatten(path: "a") {
              Fetch(service: "b") {
                {
                  ... on User {
                    __typename
                    id
                    address {
                      ... on Boat | Work {
                        __typename
                        id
                      }
                      ... on Home {
                        __typename
                        id
                        city
                      }
                    }
                  }
                } =>
                {
                  ... on User {
                    city
                    country
                  }
                }
              },
            },
          },
        }
        """,
    )
