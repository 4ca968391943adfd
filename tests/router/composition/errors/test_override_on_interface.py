"""OVERRIDE_ON_INTERFACE. Interface fields are not overridden."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_interface_field() -> None:
    error = rejected(
        "OVERRIDE_ON_INTERFACE",
        books="""
        type Query { item: Item }
        interface Item {
          id: ID! @override(from: "music")
        }
        type Book implements Item { id: ID! }
        """,
        music="""
        type Song { id: ID! }
        """,
    )
    assert '"Item.id"' in error.message
