"""LIST_SIZE_APPLIED_TO_NON_LIST. @listSize is about lists."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_scalar_field() -> None:
    error = rejected(
        "LIST_SIZE_APPLIED_TO_NON_LIST",
        books="""
        type Query {
          title: String @listSize(assumedSize: 3)
        }
        """,
    )
    assert '"Query.title"' in error.message
