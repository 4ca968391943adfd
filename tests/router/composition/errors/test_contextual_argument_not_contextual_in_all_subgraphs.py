"""CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS. A required argument is contextual everywhere or nowhere."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_required_elsewhere() -> None:
    error = rejected(
        "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS",
        books="""
        type Query { shop: Shop }
        type Shop @key(fields: "id") @context(name: "shop") {
          id: ID!
          currency: String
          book: Book
        }
        type Book @key(fields: "id") {
          id: ID!
          price(currency: String @fromContext(field: "$shop { currency }")): Int @shareable
        }
        """,
        music="""
        type Book @key(fields: "id") {
          id: ID!
          price(currency: String!): Int @shareable
        }
        """,
    )
    assert "Book.price(currency:)" in error.message
    assert '"music"' in error.message
