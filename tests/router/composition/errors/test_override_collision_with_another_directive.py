"""OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE. An overridden field has no requires, provides or external."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_requires_in_the_source() -> None:
    error = rejected(
        "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE",
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
          year: Int @external
          title: String @shareable @requires(fields: "year")
        }
        """,
        video="""
        type Book @key(fields: "id") {
          id: ID!
          year: Int
        }
        """,
    )
    assert "@requires" in error.message
