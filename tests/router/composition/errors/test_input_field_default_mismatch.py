"""INPUT_FIELD_DEFAULT_MISMATCH. An input field has one default."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_two_defaults() -> None:
    error = rejected(
        "INPUT_FIELD_DEFAULT_MISMATCH",
        books="""
        type Query { a(by: By): Int }
        input By { n: Int = 1 }
        """,
        music="""
        type Query { b(by: By): Int }
        input By { n: Int = 2 }
        """,
    )
    assert '"By.n"' in error.message
