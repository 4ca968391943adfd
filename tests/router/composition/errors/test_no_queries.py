"""NO_QUERIES. Some subgraph has a query."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_only_types() -> None:
    error = rejected(
        "NO_QUERIES",
        books="""
        type Book @key(fields: "id") { id: ID! }
        """,
    )
    assert "query" in error.message
