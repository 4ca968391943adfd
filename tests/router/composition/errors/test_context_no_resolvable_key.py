"""CONTEXT_NO_RESOLVABLE_KEY. The type that uses a context can be fetched again."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_unresolvable_key() -> None:
    error = rejected(
        "CONTEXT_NO_RESOLVABLE_KEY",
        books="""
        type Query { shop: Shop }
        type Shop @key(fields: "id") @context(name: "shop") {
          id: ID!
          currency: String
          book: Book
        }
        type Book @key(fields: "id", resolvable: false) {
          id: ID!
          price(currency: String @fromContext(field: "$shop { currency }")): Int
        }
        """,
    )
    assert '"Book"' in error.message
