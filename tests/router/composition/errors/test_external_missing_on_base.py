"""EXTERNAL_MISSING_ON_BASE. Some subgraph resolves what others call external."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_nobody_resolves_it() -> None:
    error = rejected(
        "EXTERNAL_MISSING_ON_BASE",
        books="""
        type Query {
          book: Book @provides(fields: "title")
        }
        type Book @key(fields: "id") {
          id: ID!
          title: String @external
        }
        """,
        music="""
        type Book @key(fields: "id") {
          id: ID!
          label: String
        }
        """,
    )
    assert '"Book.title"' in error.message
