"""KEY_FIELDS_SELECT_INVALID_TYPE. A key selects no field of an interface or union type."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_union() -> None:
    error = rejected(
        "KEY_FIELDS_SELECT_INVALID_TYPE",
        books="""
        type Query { book: Book }
        union Owner = Person
        type Person { name: String }
        type Book @key(fields: "owner { ... on Person { name } }") { owner: Owner }
        """,
    )
    assert '"Book.owner"' in error.message
    assert "union" in error.message
