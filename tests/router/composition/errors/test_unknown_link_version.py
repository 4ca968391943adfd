"""UNKNOWN_LINK_VERSION. The link specification has one version."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_link_from_the_future() -> None:
    error = rejected(
        "UNKNOWN_LINK_VERSION",
        books="""
        extend schema @link(url: "https://specs.apollo.dev/link/v7.0")
        type Query { titles: [String] }
        """,
    )
    assert "v7.0" in error.message
