"""REQUIRES_INVALID_FIELDS. The fields of @requires parse and are there."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_unknown_field() -> None:
    error = rejected(
        "REQUIRES_INVALID_FIELDS",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title(short: Boolean): String @external
          label: String @requires(fields: "nope")
          spine: String @requires(fields: "title")
        }
        """,
        owner="""
        type Book @key(fields: "id") {
          id: ID!
          title(short: Boolean): String @shareable
          year: Int @shareable
        }
        """,
    )
    assert "[books]" in error.message
    assert '"nope"' in error.message


def test_unbalanced_braces() -> None:
    error = rejected(
        "REQUIRES_INVALID_FIELDS",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title(short: Boolean): String @external
          label: String @requires(fields: "id {")
          spine: String @requires(fields: "title")
        }
        """,
        owner="""
        type Book @key(fields: "id") {
          id: ID!
          title(short: Boolean): String @shareable
          year: Int @shareable
        }
        """,
    )
    assert "[books]" in error.message


def test_empty_text() -> None:
    error = rejected(
        "REQUIRES_INVALID_FIELDS",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title(short: Boolean): String @external
          label: String @requires(fields: "")
          spine: String @requires(fields: "title")
        }
        """,
        owner="""
        type Book @key(fields: "id") {
          id: ID!
          title(short: Boolean): String @shareable
          year: Int @shareable
        }
        """,
    )
    assert "[books]" in error.message


def test_alias() -> None:
    error = rejected(
        "REQUIRES_INVALID_FIELDS",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title(short: Boolean): String @external
          label: String @requires(fields: "a: id")
          spine: String @requires(fields: "title")
        }
        """,
        owner="""
        type Book @key(fields: "id") {
          id: ID!
          title(short: Boolean): String @shareable
          year: Int @shareable
        }
        """,
    )
    assert 'alias "a"' in error.message
