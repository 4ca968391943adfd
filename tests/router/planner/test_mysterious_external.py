"""A key field that is external in an extension leads into the extending subgraph and out of it."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "hall": """
        type Query { seat: Seat }
        type Seat @key(fields: "number") { number: ID! row: String }
    """,
    "sales": """
        type Query { sold: [Seat] }
        extend type Seat @key(fields: "number") { number: ID! @external price: Int }
    """,
}


def test_into_the_extension(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ seat { row price } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "hall") {
              {
                seat {
                  row
                  number
                }
              }
            },
            Flatten(path: "seat") {
              Fetch(service: "sales") {
                {
                  ... on Seat {
                    __typename
                    number
                  }
                } =>
                {
                  ... on Seat {
                    price
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_out_of_the_extension(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ sold { row price } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "sales") {
              {
                sold {
                  number
                  price
                }
              }
            },
            Flatten(path: "sold.@") {
              Fetch(service: "hall") {
                {
                  ... on Seat {
                    __typename
                    number
                  }
                } =>
                {
                  ... on Seat {
                    row
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_the_key_is_read_where_it_is_external(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ sold { number } }",
        """
        QueryPlan {
          Fetch(service: "sales") {
            {
              sold {
                number
              }
            }
          },
        }
        """,
    )
