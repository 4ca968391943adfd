"""EXTERNAL_ARGUMENT_TYPE_MISMATCH. Arguments of an external field have the types of the field's."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_another_type() -> None:
    error = rejected(
        "EXTERNAL_ARGUMENT_TYPE_MISMATCH",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title(short: Int): String @external
          label: String @requires(fields: "title")
        }
        """,
        owner="""
        type Book @key(fields: "id") {
          id: ID!
          title(short: Boolean): String
        }
        """,
    )
    assert "Book.title(short:)" in error.message
