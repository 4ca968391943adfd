"""EXTERNAL_TYPE_MISMATCH. An external field has the type of the field."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_another_type() -> None:
    error = rejected(
        "EXTERNAL_TYPE_MISMATCH",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title: Int @external
          label: String @requires(fields: "title")
        }
        """,
        owner="""
        type Book @key(fields: "id") {
          id: ID!
          title: String
        }
        """,
    )
    assert '"Book.title"' in error.message
    assert '"Int"' in error.message
    assert '"String"' in error.message
