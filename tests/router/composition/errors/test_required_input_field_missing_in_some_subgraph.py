"""REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH. A required input field is declared wherever its type is."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_missing() -> None:
    error = rejected(
        "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH",
        books="""
        type Query { a(by: By): Int }
        input By { n: Int! m: Int }
        """,
        music="""
        type Query { b(by: By): Int }
        input By { m: Int }
        """,
    )
    assert '"By.n"' in error.message
    assert '"music"' in error.message
