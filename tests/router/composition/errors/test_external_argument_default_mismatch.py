"""EXTERNAL_ARGUMENT_DEFAULT_MISMATCH. Arguments of an external field have the defaults of the field's."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_another_default() -> None:
    error = rejected(
        "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title(n: Int = 1): String @external
          label: String @requires(fields: "title")
        }
        """,
        owner="""
        type Book @key(fields: "id") {
          id: ID!
          title(n: Int = 2): String
        }
        """,
    )
    assert "Book.title(n:)" in error.message
