"""EXTENSION_WITH_NO_BASE. Some subgraph defines what others extend."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_only_extended() -> None:
    error = rejected(
        "EXTENSION_WITH_NO_BASE",
        books="""
        type Query { book: Book }
        extend type Book @key(fields: "id") {
          id: ID!
        }
        """,
    )
    assert "[books]" in error.message
    assert '"Book"' in error.message


def test_only_extended_in_federation_1() -> None:
    error = rejected(
        "EXTENSION_WITH_NO_BASE",
        federation=False,
        books="""
        type Query { book: Book }
        extend type Book @key(fields: "id") {
          id: ID! @external
          title: String
        }
        """,
    )
    assert "[books]" in error.message
    assert '"Book"' in error.message
