"""DIRECTIVE_DEFINITION_INVALID. A subgraph's own copy of a federation directive is the expected one."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_key_without_fields() -> None:
    error = rejected(
        "DIRECTIVE_DEFINITION_INVALID",
        books="""
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
        directive @key(field: String!) repeatable on OBJECT
        type Query { book: Book }
        type Book @key(field: "id") { id: ID! }
        """,
    )
    assert "@key" in error.message


def test_shareable_on_arguments() -> None:
    error = rejected(
        "DIRECTIVE_DEFINITION_INVALID",
        books="""
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])
        directive @shareable repeatable on OBJECT | ARGUMENT_DEFINITION
        type Query { titles: [String] }
        """,
    )
    assert "ARGUMENT_DEFINITION" in error.message
