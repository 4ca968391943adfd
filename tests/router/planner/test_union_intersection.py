"""A field that is an object in one subgraph and a union in another."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { media: Media @shareable book: Book @shareable }
        union Media = Book
        type Book @key(fields: "id") { id: ID! title: String @shareable }
    """,
    "b": """
        type Query { media: Media @shareable book: Media @shareable }
        union Media = Book | Movie
        type Book @key(fields: "id") { id: ID! title: String @shareable author: String }
        type Movie { title: String }
    """,
}


def test_union_intersection(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        """
        {
          media {
            ... on Book {
              title
              author
            }
            ... on Movie {
              title
            }
          }
          book {
            ... on Book {
              title
              author
            }
          }
        }
        """,
        """
        QueryPlan {
          Fetch(service: "b") {
            {
              media {
                __typename
                ... on Book {
                  title
                  author
                }
              }
              book {
                __typename
                ... on Book {
                  title
                  author
                }
              }
            }
          },
        }
        """,
    )
