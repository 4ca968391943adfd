"""SATISFIABILITY_ERROR. Every query of the API can be planned."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_no_key_to_move_by() -> None:
    error = rejected(
        "SATISFIABILITY_ERROR",
        books="""
        type Query { book: Book }
        type Book { title: String }
        """,
        prices="""
        type Book { price: Int }
        type Query { prices: [Book] }
        """,
    )
    assert "book {" in error.message
    assert "cannot find field" in error.message
    assert "no resolvable @key" in error.message


def test_key_that_cannot_be_read() -> None:
    error = rejected(
        "SATISFIABILITY_ERROR",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title: String
        }
        """,
        prices="""
        type Book @key(fields: "sku") {
          sku: ID!
          price: Int
        }
        """,
    )
    assert 'cannot move to subgraph "prices" using @key(fields: "sku")' in error.message
