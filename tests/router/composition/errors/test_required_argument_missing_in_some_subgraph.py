"""REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH. A required argument is declared wherever its field is."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_missing() -> None:
    error = rejected(
        "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH",
        books="""
        type Query {
          size(of: Int!): Int @shareable
        }
        """,
        music="""
        type Query { size: Int @shareable }
        """,
    )
    assert "Query.size(of:)" in error.message
    assert '"music"' in error.message
