"""SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES. A shared abstract field has a runtime type in common."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_disjoint_unions() -> None:
    error = rejected(
        "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES",
        books="""
        type Query { best: Item @shareable }
        union Item = Book
        type Book { title: String }
        """,
        music="""
        type Query { best: Item @shareable }
        union Item = Song
        type Song { name: String }
        """,
    )
    assert '"Query.best"' in error.message
    assert '"Book"' in error.message
    assert '"Song"' in error.message
