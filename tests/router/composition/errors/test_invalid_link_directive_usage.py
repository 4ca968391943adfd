"""INVALID_LINK_DIRECTIVE_USAGE. A @link imports only what the linked version has, once."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_unknown_import() -> None:
    error = rejected(
        "INVALID_LINK_DIRECTIVE_USAGE",
        books="""
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@composeDirective"])
        type Query { titles: [String] }
        """,
    )
    assert "[books]" in error.message
    assert '"@composeDirective"' in error.message
    assert "v2.0" in error.message


def test_linked_twice() -> None:
    error = rejected(
        "INVALID_LINK_DIRECTIVE_USAGE",
        books="""
        extend schema
          @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
          @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@tag"])
        type Query { titles: [String] }
        """,
    )
    assert "linked twice" in error.message


def test_alias_without_at_sign() -> None:
    error = rejected(
        "INVALID_LINK_DIRECTIVE_USAGE",
        books="""
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [{name: "@key", as: "id"}])
        type Query { titles: [String] }
        """,
    )
    assert '"@key"' in error.message
    assert '"id"' in error.message


def test_unknown_purpose() -> None:
    error = rejected(
        "INVALID_LINK_DIRECTIVE_USAGE",
        books="""
        extend schema @link(url: "https://example.com/audit/v1.0", for: DECORATION)
        type Query { titles: [String] }
        """,
    )
    assert "SECURITY or EXECUTION" in error.message


def test_specification_that_federation_brings() -> None:
    error = rejected(
        "INVALID_LINK_DIRECTIVE_USAGE",
        books="""
        extend schema
          @link(url: "https://specs.apollo.dev/federation/v2.9")
          @link(url: "https://specs.apollo.dev/inaccessible/v0.2")
        type Query { titles: [String] }
        """,
    )
    assert 'Import "@inaccessible"' in error.message
