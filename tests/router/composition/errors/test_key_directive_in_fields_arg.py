"""KEY_DIRECTIVE_IN_FIELDS_ARG. No directive stands inside the fields of @key."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_skip_inside() -> None:
    error = rejected(
        "KEY_DIRECTIVE_IN_FIELDS_ARG",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id @skip(if: true)") {
          id: ID!
          title: String
        }
        """,
    )
    assert "@skip" in error.message
