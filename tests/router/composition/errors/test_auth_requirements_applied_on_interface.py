"""AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE. Interfaces inherit requirements and have none of their own."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_interface() -> None:
    error = rejected(
        "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE",
        books="""
        type Query { item: Item }
        interface Item @authenticated {
          id: ID!
        }
        type Book implements Item { id: ID! }
        """,
    )
    assert "@authenticated" in error.message
    assert '"Item"' in error.message


def test_interface_field() -> None:
    error = rejected(
        "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE",
        books="""
        type Query { item: Item }
        interface Item {
          id: ID! @requiresScopes(scopes: [["read"]])
        }
        type Book implements Item { id: ID! }
        """,
    )
    assert '"Item.id"' in error.message
