"""PROVIDES_FIELDS_HAS_ARGS. The fields of @provides take no arguments."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_field_with_an_argument() -> None:
    error = rejected(
        "PROVIDES_FIELDS_HAS_ARGS",
        books="""
        type Query {
          book: Book @provides(fields: "title")
          best: Book @provides(fields: "year")
        }
        type Book @key(fields: "id") {
          id: ID!
          title(short: Boolean): String @external
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
    assert '"Book.title"' in error.message
