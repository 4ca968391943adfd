"""Of a union that several subgraphs could return, only the members all of them know are asked for."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "a": """
        type Query { media: Media @shareable }
        union Media = Book | Song
        type Book @shareable { title: String }
        type Song { len: Int }
    """,
    "b": """
        type Query { media: Media @shareable }
        union Media = Book | Film
        type Book @shareable { title: String }
        type Film { mins: Int }
    """,
}


def test_partial_union_complex(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ media { ... on Book { title } ... on Song { len } ... on Film { mins } } }",
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
