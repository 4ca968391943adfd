"""OVERRIDE_FROM_SELF_ERROR. A subgraph overrides another one."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_itself() -> None:
    error = rejected(
        "OVERRIDE_FROM_SELF_ERROR",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title: String @override(from: "books")
        }
        """,
    )
    assert '"Book.title"' in error.message
