"""IMPLEMENTED_BY_INACCESSIBLE. A visible interface field is implemented by visible ones."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_hidden_implementation() -> None:
    error = rejected(
        "IMPLEMENTED_BY_INACCESSIBLE",
        books="""
        type Query { item: Item }
        interface Item { id: ID! name: String }
        type Book implements Item {
          id: ID!
          name: String @inaccessible
        }
        """,
    )
    assert '"Book.name"' in error.message
    assert '"Item.name"' in error.message
