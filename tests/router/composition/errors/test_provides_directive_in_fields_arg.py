"""PROVIDES_DIRECTIVE_IN_FIELDS_ARG. No directive stands inside the fields of @provides."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_skip_inside() -> None:
    error = rejected(
        "PROVIDES_DIRECTIVE_IN_FIELDS_ARG",
        books="""
        type Query {
          book: Book @provides(fields: "title @skip(if: true)")
          best: Book @provides(fields: "year")
        }
        type Book @key(fields: "id") {
          id: ID!
          title: String @external
          year: Int @external
        }
        """,
        owner="""
        type Book @key(fields: "id") {
          id: ID!
          title: String @shareable
          year: Int @shareable
        }
        """,
    )
    assert "@skip" in error.message
