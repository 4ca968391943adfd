"""REQUIRED_INACCESSIBLE. What is required is visible."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_hidden_argument() -> None:
    error = rejected(
        "REQUIRED_INACCESSIBLE",
        books="""
        type Query {
          a(n: Int! @inaccessible): Int
        }
        """,
    )
    assert "Query.a(n:)" in error.message


def test_hidden_input_field() -> None:
    error = rejected(
        "REQUIRED_INACCESSIBLE",
        books="""
        type Query { a(by: By): Int }
        input By {
          m: Int
          n: Int! @inaccessible
        }
        """,
    )
    assert '"By.n"' in error.message
