"""Required fields that require others: the fetches are ordered by dependency, hidden fields included."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { p: P }
        type P @key(fields: "id") { id: ID! base: Int }
    """,
    "b": """
        type P @key(fields: "id") {
          id: ID!
          base: Int @external
          cost: Int @inaccessible @requires(fields: "base")
        }
    """,
    "c": """
        type P @key(fields: "id") { id: ID! cost: Int @external margin: Int @requires(fields: "cost") }
    """,
    "d": """
        type P @key(fields: "id") {
          id: ID!
          margin: Int @external
          price: Int @requires(fields: "margin")
          other: Int
        }
    """,
}


def test_chain_over_four_subgraphs(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ p { price } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                p {
                  base
                  id
                }
              }
            },
            Flatten(path: "p") {
              Fetch(service: "b") {
                {
                  ... on P {
                    __typename
                    id
                    base
                  }
                } =>
                {
                  ... on P {
                    cost
                  }
                }
              },
            },
            Flatten(path: "p") {
              Fetch(service: "c") {
                {
                  ... on P {
                    __typename
                    id
                    cost
                  }
                } =>
                {
                  ... on P {
                    margin
                  }
                }
              },
            },
            Flatten(path: "p") {
              Fetch(service: "d") {
                {
                  ... on P {
                    __typename
                    id
                    margin
                  }
                } =>
                {
                  ... on P {
                    price
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_several_links_selected(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ p { price other margin base } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              {
                p {
                  base
                  id
                }
              }
            },
            Flatten(path: "p") {
              Fetch(service: "b") {
                {
                  ... on P {
                    __typename
                    id
                    base
                  }
                } =>
                {
                  ... on P {
                    cost
                  }
                }
              },
            },
            Flatten(path: "p") {
              Fetch(service: "c") {
                {
                  ... on P {
                    __typename
                    id
                    cost
                  }
                } =>
                {
                  ... on P {
                    margin
                  }
                }
              },
            },
            Flatten(path: "p") {
              Fetch(service: "d") {
                {
                  ... on P {
                    __typename
                    id
                    margin
                  }
                } =>
                {
                  ... on P {
                    price
                    other
                  }
                }
              },
            },
          },
        }
        """,
    )
