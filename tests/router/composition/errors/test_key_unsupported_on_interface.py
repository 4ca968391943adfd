"""KEY_UNSUPPORTED_ON_INTERFACE. Before federation 2.3 an interface has no key."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_interface_key_in_2_0() -> None:
    error = rejected(
        "KEY_UNSUPPORTED_ON_INTERFACE",
        books="""
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])
        type Query { item: Item }
        interface Item @key(fields: "id") {
          id: ID!
        }
        type Book implements Item @key(fields: "id") {
          id: ID!
        }
        """,
    )
    assert '"Item"' in error.message
    assert "v2.3" in error.message
