"""REQUIRES_FIELDS_MISSING_EXTERNAL. A required field is external."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_field_resolved_anyway() -> None:
    error = rejected(
        "REQUIRES_FIELDS_MISSING_EXTERNAL",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title: String
          label: String @requires(fields: "title")
        }
        """,
    )
    assert '"Book.title"' in error.message
    assert "@external" in error.message
