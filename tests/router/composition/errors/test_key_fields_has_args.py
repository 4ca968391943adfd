"""KEY_FIELDS_HAS_ARGS. The fields of @key take no arguments."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_field_with_an_argument() -> None:
    error = rejected(
        "KEY_FIELDS_HAS_ARGS",
        books="""
        type Query { book: Book }
        type Book @key(fields: "title") {
          id: ID!
          title(short: Boolean): String
        }
        """,
    )
    assert '"Book.title"' in error.message
