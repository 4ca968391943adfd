"""INVALID_LINK_IDENTIFIER. The URL of a @link names a specification and a version."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_url_without_version() -> None:
    error = rejected(
        "INVALID_LINK_IDENTIFIER",
        books="""
        extend schema @link(url: "https://example.com/audit")
        type Query { titles: [String] }
        """,
    )
    assert "[books]" in error.message
    assert "https://example.com/audit" in error.message


def test_text_that_is_no_url() -> None:
    error = rejected(
        "INVALID_LINK_IDENTIFIER",
        books="""
        extend schema @link(url: "audit v1")
        type Query { titles: [String] }
        """,
    )
    assert "not a URL" in error.message
