"""TYPE_WITH_ONLY_UNUSED_EXTERNAL. A federation 1 type has something besides unused externals."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_nothing_left() -> None:
    error = rejected(
        "TYPE_WITH_ONLY_UNUSED_EXTERNAL",
        federation=False,
        books="""
        type Query { book: Book }
        type Book { title: String @external }
        """,
        owner="""
        type Book { title: String }
        """,
    )
    assert "[books]" in error.message
    assert '"Book"' in error.message
