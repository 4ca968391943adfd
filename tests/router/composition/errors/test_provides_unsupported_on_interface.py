"""PROVIDES_UNSUPPORTED_ON_INTERFACE. Fields of interfaces provide nothing."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_interface_field() -> None:
    error = rejected(
        "PROVIDES_UNSUPPORTED_ON_INTERFACE",
        books="""
        type Query { shelf: Shelf }
        interface Shelf {
          best: Book @provides(fields: "title")
        }
        type Oak implements Shelf { best: Book }
        type Book @key(fields: "id") {
          id: ID!
          title: String @external
        }
        """,
        owner="""
        type Book @key(fields: "id") {
          id: ID!
          title: String @shareable
        }
        """,
    )
    assert '"Shelf.best"' in error.message
