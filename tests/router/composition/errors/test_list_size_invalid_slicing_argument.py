"""LIST_SIZE_INVALID_SLICING_ARGUMENT. Slicing arguments are integers."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_string_argument() -> None:
    error = rejected(
        "LIST_SIZE_INVALID_SLICING_ARGUMENT",
        books="""
        type Query {
          titles(first: String): [String] @listSize(slicingArguments: ["first"])
        }
        """,
    )
    assert '"first"' in error.message
    assert "String" in error.message


def test_unknown_argument() -> None:
    error = rejected(
        "LIST_SIZE_INVALID_SLICING_ARGUMENT",
        books="""
        type Query {
          titles: [String] @listSize(slicingArguments: ["first"])
        }
        """,
    )
    assert '"first"' in error.message
