"""LIST_SIZE_INVALID_SIZED_FIELD. Sized fields are fields of the type."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_unknown_field() -> None:
    error = rejected(
        "LIST_SIZE_INVALID_SIZED_FIELD",
        books="""
        type Query {
          page: Page @listSize(sizedFields: ["books"])
        }
        type Page { items: [String] }
        """,
    )
    assert '"books"' in error.message
    assert '"Page"' in error.message
