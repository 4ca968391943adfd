"""EXTERNAL_ARGUMENT_MISSING. An external field has the arguments of the field."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_missing() -> None:
    error = rejected(
        "EXTERNAL_ARGUMENT_MISSING",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title: String @external
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
