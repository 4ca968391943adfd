"""PROVIDES_INVALID_FIELDS_TYPE. The fields of @provides are a string."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_number() -> None:
    error = rejected(
        "PROVIDES_INVALID_FIELDS_TYPE",
        books="""
        type Query {
          book: Book @provides(fields: 7)
          best: Book @provides(fields: "year")
        }
        type Book @key(fields: "id") {
          id: ID!
          title(short: Boolean): String
          year: Int @external
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
