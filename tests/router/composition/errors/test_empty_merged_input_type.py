"""EMPTY_MERGED_INPUT_TYPE. The subgraphs of an input type share a field."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_nothing_in_common() -> None:
    error = rejected(
        "EMPTY_MERGED_INPUT_TYPE",
        books="""
        type Query { a(by: By): Int }
        input By { n: Int }
        """,
        music="""
        type Query { b(by: By): Int }
        input By { m: Int }
        """,
    )
    assert '"By"' in error.message
