"""MISSING_TRANSITIVE_AUTH_REQUIREMENTS. A field demands what it reads through @requires."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_scope_not_demanded() -> None:
    error = rejected(
        "MISSING_TRANSITIVE_AUTH_REQUIREMENTS",
        books="""
        type Query { book: Book }
        type Book @key(fields: "id") {
          id: ID!
          price: Int @external
          label: String @requires(fields: "price")
        }
        """,
        owner="""
        type Book @key(fields: "id") {
          id: ID!
          price: Int @requiresScopes(scopes: [["staff"]])
        }
        """,
    )
    assert '"Book.label"' in error.message
    assert '"Book.price"' in error.message
