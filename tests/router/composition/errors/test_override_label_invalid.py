"""OVERRIDE_LABEL_INVALID. A label is a name or a percentage."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_space() -> None:
    error = rejected(
        "OVERRIDE_LABEL_INVALID",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title: String @override(from: "music", label: "two words")
        }
        """,
        music="""
        type Book @key(fields: "id") {
          id: ID!
          title: String
        }
        """,
    )
    assert '"two words"' in error.message


def test_more_than_all() -> None:
    error = rejected(
        "OVERRIDE_LABEL_INVALID",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title: String @override(from: "music", label: "percent(101)")
        }
        """,
        music="""
        type Book @key(fields: "id") {
          id: ID!
          title: String
        }
        """,
    )
    assert "percent(101)" in error.message
