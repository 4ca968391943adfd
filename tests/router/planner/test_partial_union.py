"""Of a union that one subgraph can return here, all of its members are asked for."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { own: Holder }
        type Holder @shareable { media: Media }
        union Media = Book | Song
        type Book @shareable { title: String }
        type Song { len: Int }
    """,
    "b": """
        type Query { other: Holder }
        type Holder @shareable { media: Media }
        union Media = Book
        type Book @shareable { title: String }
    """,
}


def test_partial_union(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ own { media { ... on Book { title } ... on Song { len } } } }",
        """
        QueryPlan {
          Fetch(service: "a") {
            {
              own {
                media {
                  __typename
                  ... on Book {
                    title
                  }
                  ... on Song {
                    len
                  }
                }
              }
            }
          },
        }
        """,
    )
