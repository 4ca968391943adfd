"""REQUIRES_INVALID_FIELDS_TYPE. The fields of @requires are a string."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_number() -> None:
    error = rejected(
        "REQUIRES_INVALID_FIELDS_TYPE",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title(short: Boolean): String @external
          label: String @requires(fields: 7)
          spine: String @requires(fields: "title")
        }
        """,
        owner="""
        type Book @key(fields: "id") {
          id: ID!
          title(short: Boolean): String @shareable
          year: Int @shareable
        }
        """,
    )
    assert "string" in error.message
