"""OVERRIDE_SOURCE_HAS_OVERRIDE. An overridden field is not itself an override."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_chain() -> None:
    error = rejected(
        "OVERRIDE_SOURCE_HAS_OVERRIDE",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title: String @shareable @override(from: "music")
        }
        """,
        music="""
        type Book @key(fields: "id") {
          id: ID!
          title: String @shareable @override(from: "video")
        }
        """,
        video="""
        type Book @key(fields: "id") {
          id: ID!
          title: String
        }
        """,
    )
    assert '"Book.title"' in error.message
