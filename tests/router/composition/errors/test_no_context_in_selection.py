"""NO_CONTEXT_IN_SELECTION. The value of @fromContext begins with a context."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_selection_alone() -> None:
    error = rejected(
        "NO_CONTEXT_IN_SELECTION",
        books="""
        type Query { shop: Shop }
        type Shop @key(fields: "id") @context(name: "shop") {
          id: ID!
          currency: String
          book: Book
        }
        type Book @key(fields: "id") {
          id: ID!
          price(currency: String @fromContext(field: "{ currency }")): Int
        }
        """,
    )
    assert "Book.price(currency:)" in error.message
