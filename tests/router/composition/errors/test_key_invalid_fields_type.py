"""KEY_INVALID_FIELDS_TYPE. The fields of @key are a string."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_number() -> None:
    error = rejected(
        "KEY_INVALID_FIELDS_TYPE",
        books="""
        type Query { book: Book }
        type Book @key(fields: 7) {
          id: ID!
          title(short: Boolean): String
        }
        """,
    )
    assert "string" in error.message
