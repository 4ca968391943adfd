"""PROVIDES_INVALID_FIELDS. The fields of @provides parse and are there."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_unknown_field() -> None:
    error = rejected(
        "PROVIDES_INVALID_FIELDS",
        books="""
        type Query {
          book: Book @provides(fields: "nope")
          best: Book @provides(fields: "year")
        }
        type Book @key(fields: "id") {
          id: ID!
          title(short: Boolean): String
          year: Int @external
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
        "PROVIDES_INVALID_FIELDS",
        books="""
        type Query {
          book: Book @provides(fields: "id {")
          best: Book @provides(fields: "year")
        }
        type Book @key(fields: "id") {
          id: ID!
          title(short: Boolean): String
          year: Int @external
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
        "PROVIDES_INVALID_FIELDS",
        books="""
        type Query {
          book: Book @provides(fields: "")
          best: Book @provides(fields: "year")
        }
        type Book @key(fields: "id") {
          id: ID!
          title(short: Boolean): String
          year: Int @external
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
        "PROVIDES_INVALID_FIELDS",
        books="""
        type Query {
          book: Book @provides(fields: "a: id")
          best: Book @provides(fields: "year")
        }
        type Book @key(fields: "id") {
          id: ID!
          title(short: Boolean): String
          year: Int @external
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
