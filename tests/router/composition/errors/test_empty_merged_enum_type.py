"""EMPTY_MERGED_ENUM_TYPE. The subgraphs of an input enum share a value."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_nothing_in_common() -> None:
    error = rejected(
        "EMPTY_MERGED_ENUM_TYPE",
        books="""
        type Query { a(by: By): Int }
        enum By { TITLE }
        """,
        music="""
        type Query { b(by: By): Int }
        enum By { SONG }
        """,
    )
    assert '"By"' in error.message
