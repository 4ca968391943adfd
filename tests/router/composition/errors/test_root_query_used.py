"""ROOT_QUERY_USED. A root with another name leaves the default name free."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_query_beside_the_root() -> None:
    error = rejected(
        "ROOT_QUERY_USED",
        books="""
        schema { query: Root }
        type Root { titles: [String] }
        type Query { authors: [String] }
        """,
    )
    assert '"Root"' in error.message
    assert '"Query"' in error.message
