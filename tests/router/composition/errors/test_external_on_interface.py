"""EXTERNAL_ON_INTERFACE. A field of an interface is not external."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_interface_field() -> None:
    error = rejected(
        "EXTERNAL_ON_INTERFACE",
        books="""
        type Query { item: Item }
        interface Item @key(fields: "id") {
          id: ID! @external
        }
        type Book implements Item @key(fields: "id") {
          id: ID!
        }
        """,
    )
    assert '"Item.id"' in error.message
