"""FIELD_ARGUMENT_DEFAULT_MISMATCH. An argument has one default."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_two_defaults() -> None:
    error = rejected(
        "FIELD_ARGUMENT_DEFAULT_MISMATCH",
        books="""
        type Query {
          size(of: Int = 1): Int @shareable
        }
        """,
        music="""
        type Query {
          size(of: Int = 2): Int @shareable
        }
        """,
    )
    assert '1 in subgraph "books"' in error.message
    assert '2 in subgraph "music"' in error.message
