"""REQUIRES_DIRECTIVE_IN_FIELDS_ARG. No directive stands inside the fields of @requires."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_skip_inside() -> None:
    error = rejected(
        "REQUIRES_DIRECTIVE_IN_FIELDS_ARG",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title: String @external
          label: String @requires(fields: "title @skip(if: true)")
          spine: String @requires(fields: "title")
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
