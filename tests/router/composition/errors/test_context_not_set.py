"""CONTEXT_NOT_SET. Some type sets the context that @fromContext names."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_nobody_sets_it() -> None:
    error = rejected(
        "CONTEXT_NOT_SET",
        books="""
        type Query { shop: Shop }
        type Shop @key(fields: "id") @context(name: "shop") {
          id: ID!
          currency: String
          book: Book
        }
        type Book @key(fields: "id") {
          id: ID!
          price(currency: String @fromContext(field: "$store { currency }")): Int
        }
        """,
    )
    assert '"store"' in error.message
