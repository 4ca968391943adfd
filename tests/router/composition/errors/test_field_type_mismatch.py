"""FIELD_TYPE_MISMATCH. The types of a field have a common one."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_string_and_int() -> None:
    error = rejected(
        "FIELD_TYPE_MISMATCH",
        books="""
        type Query { size: Int @shareable }
        """,
        music="""
        type Query { size: String @shareable }
        """,
    )
    assert '"Query.size"' in error.message
    assert '"Int"' in error.message
    assert '"String"' in error.message
