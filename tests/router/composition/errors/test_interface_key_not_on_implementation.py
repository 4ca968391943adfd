"""INTERFACE_KEY_NOT_ON_IMPLEMENTATION. A key of an interface is a key of its implementations."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_implementation_without_it() -> None:
    error = rejected(
        "INTERFACE_KEY_NOT_ON_IMPLEMENTATION",
        books="""
        type Query { item: Item }
        interface Item @key(fields: "id") {
          id: ID!
        }
        type Book implements Item { id: ID! }
        """,
    )
    assert '"Item"' in error.message
    assert '"Book"' in error.message
