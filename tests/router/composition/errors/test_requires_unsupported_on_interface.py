"""REQUIRES_UNSUPPORTED_ON_INTERFACE. Fields of interfaces require nothing."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_interface_field() -> None:
    error = rejected(
        "REQUIRES_UNSUPPORTED_ON_INTERFACE",
        books="""
        type Query { item: Item }
        interface Item {
          label(n: Int): String @requires(fields: "owner { name }")
          owner: Person
        }
        type Person @key(fields: "id") {
          id: ID!
          name: String @external
        }
        type Book implements Item @key(fields: "id") {
          id: ID!
          label(n: Int): String
          owner: Person @external
        }
        """,
        people="""
        type Person @key(fields: "id") {
          id: ID!
          name: String
        }
        type Book @key(fields: "id") {
          id: ID!
          owner: Person
        }
        """,
    )
    assert '"Item.label"' in error.message
