"""TYPE_KIND_MISMATCH. A name stands for one kind of type."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_object_and_enum() -> None:
    error = rejected(
        "TYPE_KIND_MISMATCH",
        books="""
        type Query { genre: Genre @shareable }
        enum Genre { PROSE }
        """,
        music="""
        type Genre { name: String }
        """,
    )
    assert '"Genre"' in error.message
    assert "enum" in error.message
    assert "object" in error.message
