"""Of a shared root field, the subgraph whose ``@provides`` covers the selection is asked."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { media: [Media] @shareable @provides(fields: "... on Book { title }") }
        union Media = Book | Movie
        type Book @key(fields: "id") { id: ID! title: String @external }
        type Movie @key(fields: "id") { id: ID! }
    """,
    "b": """
        type Query { media: [Media] @shareable }
        union Media = Book | Movie
        type Book @key(fields: "id") { id: ID! title: String @shareable }
        type Movie @key(fields: "id") { id: ID! title: String @shareable }
    """,
}


def test_provided_member(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ media { ... on Book { title } } }",
        """
        QueryPlan {
          Fetch(service: "a") {
            {
              media {
                __typename
                ... on Book {
                  title
                }
              }
            }
          },
        }
        """,
    )


def test_member_that_is_not_provided(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ media { ... on Book { title } ... on Movie { title } } }",
        """
        QueryPlan {
          Fetch(service: "b") {
            {
              media {
                __typename
                ... on Book {
                  title
                }
                ... on Movie {
                  title
                }
              }
            }
          },
        }
        """,
    )
