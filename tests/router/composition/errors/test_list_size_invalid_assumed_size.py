"""LIST_SIZE_INVALID_ASSUMED_SIZE. No list has a negative size."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_negative() -> None:
    error = rejected(
        "LIST_SIZE_INVALID_ASSUMED_SIZE",
        books="""
        type Query {
          titles: [String] @listSize(assumedSize: -3)
        }
        """,
    )
    assert "-3" in error.message
