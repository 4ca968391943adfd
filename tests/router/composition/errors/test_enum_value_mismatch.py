"""ENUM_VALUE_MISMATCH. An enum used both ways is the same everywhere."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_value_missing() -> None:
    error = rejected(
        "ENUM_VALUE_MISMATCH",
        books="""
        type Query { a(by: By): Int }
        enum By { TITLE YEAR }
        """,
        music="""
        type Query { b: By }
        enum By { TITLE }
        """,
    )
    assert '"YEAR"' in error.message
    assert '"music"' in error.message
