"""INTERFACE_OBJECT_USAGE_ERROR. An interface object has a key and an interface elsewhere."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_no_key() -> None:
    error = rejected(
        "INTERFACE_OBJECT_USAGE_ERROR",
        books="""
        type Query { item: Item }
        type Item @interfaceObject { id: ID! }
        """,
    )
    assert '"Item"' in error.message
    assert "@key" in error.message


def test_no_interface_anywhere() -> None:
    error = rejected(
        "INTERFACE_OBJECT_USAGE_ERROR",
        books="""
        type Query { item: Item }
        type Item @interfaceObject @key(fields: "id") {
          id: ID!
        }
        """,
    )
    assert '"Item"' in error.message
    assert "in no subgraph" in error.message


def test_beside_an_implementation() -> None:
    error = rejected(
        "INTERFACE_OBJECT_USAGE_ERROR",
        books="""
        type Query { item: Item }
        interface Item @key(fields: "id") {
          id: ID!
        }
        type Book implements Item @key(fields: "id") {
          id: ID!
        }
        """,
        prices="""
        type Item @interfaceObject @key(fields: "id") {
          id: ID!
          price: Int
        }
        type Book @key(fields: "id") {
          id: ID!
          weight: Int
        }
        """,
    )
    assert '"Book"' in error.message
    assert '"prices"' in error.message
