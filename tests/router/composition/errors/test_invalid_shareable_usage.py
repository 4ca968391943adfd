"""INVALID_SHAREABLE_USAGE. @shareable stands once per declaration, never on interfaces."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_twice_on_a_field() -> None:
    error = rejected(
        "INVALID_SHAREABLE_USAGE",
        books="""
        type Query {
          titles: [String] @shareable @shareable
        }
        """,
    )
    assert '"Query.titles"' in error.message


def test_interface_field() -> None:
    error = rejected(
        "INVALID_SHAREABLE_USAGE",
        books="""
        type Query { item: Item }
        interface Item { id: ID! @shareable }
        type Book implements Item { id: ID! }
        """,
    )
    assert '"Item.id"' in error.message
