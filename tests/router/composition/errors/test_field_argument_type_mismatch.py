"""FIELD_ARGUMENT_TYPE_MISMATCH. The types of an argument have a common one."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_string_and_int() -> None:
    error = rejected(
        "FIELD_ARGUMENT_TYPE_MISMATCH",
        books="""
        type Query {
          size(of: Int): Int @shareable
        }
        """,
        music="""
        type Query {
          size(of: String): Int @shareable
        }
        """,
    )
    assert "Query.size(of:)" in error.message
