"""PROVIDES_FIELDS_MISSING_EXTERNAL. A provided field is external."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_field_resolved_anyway() -> None:
    error = rejected(
        "PROVIDES_FIELDS_MISSING_EXTERNAL",
        books="""
        type Query {
          book: Book @provides(fields: "title")
        }
        type Book @key(fields: "id") {
          id: ID!
          title: String
        }
        """,
    )
    assert '"Book.title"' in error.message
    assert "@external" in error.message
