"""MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL. Merged directives stand where a field is resolved."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_tag() -> None:
    error = rejected(
        "MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          title: String @tag(name: "x") @external
          label: String @requires(fields: "title")
        }
        """,
        owner="""
        type Book @key(fields: "id") {
          id: ID!
          title: String
        }
        """,
    )
    assert "@tag" in error.message
    assert '"Book.title"' in error.message
