"""EXTERNAL_UNUSED. An external field serves a key, requires, provides or interface."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_nobody_uses_it() -> None:
    error = rejected(
        "EXTERNAL_UNUSED",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title: String @external
        }
        """,
        owner="""
        type Book @key(fields: "id") {
          id: ID!
          title: String
        }
        """,
    )
    assert "[books]" in error.message
    assert '"Book.title"' in error.message
