"""CONTEXT_INVALID_SELECTION. A context selection gives one value of the argument's type."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_unknown_field() -> None:
    error = rejected(
        "CONTEXT_INVALID_SELECTION",
        books="""
        type Query { shop: Shop }
        type Shop @key(fields: "id") @context(name: "shop") {
          id: ID!
          currency: String
          book: Book
        }
        type Book @key(fields: "id") {
          id: ID!
          price(currency: String @fromContext(field: "$shop { money }")): Int
        }
        """,
    )
    assert '"money"' in error.message


def test_another_type() -> None:
    error = rejected(
        "CONTEXT_INVALID_SELECTION",
        books="""
        type Query { shop: Shop }
        type Shop @key(fields: "id") @context(name: "shop") {
          id: ID!
          currency: String
          book: Book
        }
        type Book @key(fields: "id") {
          id: ID!
          price(currency: Int @fromContext(field: "$shop { currency }")): Int
        }
        """,
    )
    assert '"String"' in error.message
    assert '"Int"' in error.message
