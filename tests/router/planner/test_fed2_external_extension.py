"""Federation 2, ``extend type``: external keys of an extension are usable, its other external fields come from their
owner unless they are provided."""

from __future__ import annotations

from tests.router.planner.conftest import AssertPlan

SUBGRAPHS = {
    "catalog": """
        type Query { book: Book }
        type Book @key(fields: "isbn") { isbn: ID! title: String @shareable writer: Writer @shareable }
        type Writer @key(fields: "id") { id: ID! name: String @shareable }
    """,
    "lending": """
        extend type Query { loans: [Loan] lately: Book newest: Book @provides(fields: "title writer { name }") }
        type Loan { due: String book: Book @provides(fields: "title") }
        extend type Book @key(fields: "isbn") {
          isbn: ID! @external
          title: String @external
          writer: Writer @external
          shelf: String
        }
        extend type Writer @key(fields: "id") { id: ID! @external name: String @external }
    """,
}


def test_an_external_key_leads_in(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ book { shelf } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "catalog") {
              {
                book {
                  isbn
                }
              }
            },
            Flatten(path: "book") {
              Fetch(service: "lending") {
                {
                  ... on Book {
                    __typename
                    isbn
                  }
                } =>
                {
                  ... on Book {
                    shelf
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_an_external_key_leads_out_to_what_is_external(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ lately { shelf title writer { name } } }",
        """
        QueryPlan {
          Sequence {
            Fetch(service: "lending") {
              {
                lately {
                  shelf
                  isbn
                }
              }
            },
            Flatten(path: "lately") {
              Fetch(service: "catalog") {
                {
                  ... on Book {
                    __typename
                    isbn
                  }
                } =>
                {
                  ... on Book {
                    title
                    writer {
                      name
                    }
                  }
                }
              },
            },
          },
        }
        """,
    )


def test_what_is_provided_is_read_inline(assert_plan: AssertPlan) -> None:
    assert_plan(
        SUBGRAPHS,
        "{ loans { due book { title shelf } } newest { title writer { name } } }",
        """
        QueryPlan {
          Fetch(service: "lending") {
            {
              loans {
                due
                book {
                  title
                  shelf
                }
              }
              newest {
                title
                writer {
                  name
                }
              }
            }
          },
        }
        """,
    )
