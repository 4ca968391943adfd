"""COST_APPLIED_TO_INTERFACE_FIELD. Interface fields have no cost."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_interface_field() -> None:
    error = rejected(
        "COST_APPLIED_TO_INTERFACE_FIELD",
        books="""
        type Query { item: Item }
        interface Item {
          id: ID! @cost(weight: 2)
        }
        type Book implements Item { id: ID! }
        """,
    )
    assert '"Item.id"' in error.message
