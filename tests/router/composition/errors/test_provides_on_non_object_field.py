"""PROVIDES_ON_NON_OBJECT_FIELD. Only what has fields can be provided."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_scalar() -> None:
    error = rejected(
        "PROVIDES_ON_NON_OBJECT_FIELD",
        books="""
        type Query {
          title: String @provides(fields: "length")
        }
        """,
    )
    assert '"Query.title"' in error.message
