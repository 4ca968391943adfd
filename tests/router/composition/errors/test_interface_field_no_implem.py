"""INTERFACE_FIELD_NO_IMPLEM. An implementation has every field its interface has after merging."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_field_of_another_subgraph() -> None:
    error = rejected(
        "INTERFACE_FIELD_NO_IMPLEM",
        books="""
        type Query { item: Item }
        interface Item { id: ID! }
        type Book implements Item { id: ID! }
        """,
        music="""
        interface Item { name: String }
        type Song implements Item {
          id: ID!
          name: String
        }
        """,
    )
    assert '"Item.name"' in error.message
    assert '"Book"' in error.message
