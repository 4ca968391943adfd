"""QUERY_ROOT_TYPE_INACCESSIBLE. The query root is visible."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_hidden_root() -> None:
    error = rejected(
        "QUERY_ROOT_TYPE_INACCESSIBLE",
        books="""
        type Query @inaccessible { a: Int }
        """,
    )
    assert '"Query"' in error.message
