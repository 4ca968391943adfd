"""UNKNOWN_FEDERATION_LINK_VERSION. Federation versions are v2.0 to the newest known."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_federation_from_the_future() -> None:
    error = rejected(
        "UNKNOWN_FEDERATION_LINK_VERSION",
        books="""
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.99")
        type Query { titles: [String] }
        """,
    )
    assert "v2.99" in error.message
    assert "v2.0" in error.message
