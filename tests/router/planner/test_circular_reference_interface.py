"""Covariant fields of the same interface, nested, with ``@provides`` on the implementation."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { product: Product }
        interface Product { id: ID! samePriceProduct: Product }
        type Book implements Product @key(fields: "id") {
          id: ID!
          samePriceProduct: Book @provides(fields: "price")
          price: Float @external
        }
    """,
    "b": """
        interface Product { id: ID! price: Float }
        type Book implements Product @key(fields: "id") { id: ID! price: Float @shareable }
    """,
}


def test_circular_reference_interface(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        """
        {
          product {
            samePriceProduct {
              id
              samePriceProduct {
                __typename
                id
                price
                ... on Book {
                  samePriceProduct {
                    id
                  }
                }
              }
            }
          }
        }
        """,
        """
        QueryPlan {
          Fetch(service: "a") {
            {
              product {
                __typename
                ... on Book {
                  samePriceProduct {
                    id
                    samePriceProduct {
                      __typename
                      id
                      price
                      samePriceProduct {
                        id
                      }
                    }
                  }
                }
              }
            }
          },
        }
        """,
    )
