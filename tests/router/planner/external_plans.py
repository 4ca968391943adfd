"""What ``@external`` means beside keys and ``@provides``, however the extension is written: the same plans for all."""

from __future__ import annotations

PLANS = {
    "an external key leads in": (
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
    ),
    "an external key leads out to what is external": (
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
    ),
    "what is provided is read inline": (
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
    ),
}
"""Operation and plan, by what they show."""
