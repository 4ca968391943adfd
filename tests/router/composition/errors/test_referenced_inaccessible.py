"""REFERENCED_INACCESSIBLE. Visible elements have visible types."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_field_type() -> None:
    error = rejected(
        "REFERENCED_INACCESSIBLE",
        books="""
        type Query { book: Book }
        type Book @inaccessible { id: ID! }
        """,
    )
    assert '"Book"' in error.message
    assert '"Query.book"' in error.message
