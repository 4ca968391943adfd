"""CONTEXT_NAME_INVALID. A context name is made of letters and digits."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_underscore() -> None:
    error = rejected(
        "CONTEXT_NAME_INVALID",
        books="""
        type Query { shop: Shop }
        type Shop @key(fields: "id") @context(name: "my_shop") {
          id: ID!
        }
        """,
    )
    assert '"my_shop"' in error.message
