"""ONLY_INACCESSIBLE_CHILDREN. A visible type has something visible in it."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_object() -> None:
    error = rejected(
        "ONLY_INACCESSIBLE_CHILDREN",
        books="""
        type Query { book: Book }
        type Book { id: ID! @inaccessible }
        """,
    )
    assert '"Book"' in error.message
