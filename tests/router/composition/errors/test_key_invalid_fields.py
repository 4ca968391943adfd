"""KEY_INVALID_FIELDS. The fields of @key parse and are there."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_unknown_field() -> None:
    error = rejected(
        "KEY_INVALID_FIELDS",
        books="""
        type Query { book: Book }
        type Book @key(fields: "nope") {
          id: ID!
          title(short: Boolean): String
        }
        """,
    )
    assert "[books]" in error.message
    assert '"nope"' in error.message


def test_unbalanced_braces() -> None:
    error = rejected(
        "KEY_INVALID_FIELDS",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id {") { id: ID! title(short: Boolean): String }
        """,
    )
    assert "[books]" in error.message


def test_empty_text() -> None:
    error = rejected(
        "KEY_INVALID_FIELDS",
        books="""
        type Query { book: Book }
        type Book @key(fields: "") {
          id: ID!
          title(short: Boolean): String
        }
        """,
    )
    assert "[books]" in error.message


def test_alias() -> None:
    error = rejected(
        "KEY_INVALID_FIELDS",
        books="""
        type Query { book: Book }
        type Book @key(fields: "a: id") {
          id: ID!
          title(short: Boolean): String
        }
        """,
    )
    assert 'alias "a"' in error.message
