"""INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE. Who keys an interface knows its implementations."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_one_unknown() -> None:
    error = rejected(
        "INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE",
        books="""
        type Query { item: Item }
        interface Item @key(fields: "id") {
          id: ID!
        }
        type Book implements Item @key(fields: "id") {
          id: ID!
        }
        """,
        music="""
        interface Item { id: ID! }
        type Song implements Item @key(fields: "id") {
          id: ID!
        }
        type Query { song: Song }
        """,
    )
    assert '"Song"' in error.message
    assert "[books]" in error.message
