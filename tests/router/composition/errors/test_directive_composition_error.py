"""DIRECTIVE_COMPOSITION_ERROR. @composeDirective names a linked custom directive."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_not_linked() -> None:
    error = rejected(
        "DIRECTIVE_COMPOSITION_ERROR",
        books="""
        extend schema
          @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective", "@shareable"])

          @composeDirective(name: "@loud")
        directive @loud on FIELD_DEFINITION
        type Query { a: Int @loud }
        """,
    )
    assert '"@loud"' in error.message


def test_without_at_sign() -> None:
    error = rejected(
        "DIRECTIVE_COMPOSITION_ERROR",
        books="""
        extend schema
          @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective", "@shareable"])
          @link(url: "https://example.com/audit/v1.0", import: ["@loud"])
          @composeDirective(name: "loud")
        directive @loud on FIELD_DEFINITION
        type Query { a: Int @loud }
        """,
    )
    assert '"@"' in error.message


def test_federation_directive() -> None:
    error = rejected(
        "DIRECTIVE_COMPOSITION_ERROR",
        books="""
        extend schema
          @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective", "@shareable"])
          @link(url: "https://example.com/audit/v1.0", import: ["@loud"])
          @composeDirective(name: "@shareable")
        directive @loud on FIELD_DEFINITION
        type Query { a: Int @loud }
        """,
    )
    assert '"@shareable"' in error.message


def test_two_major_versions() -> None:
    error = rejected(
        "DIRECTIVE_COMPOSITION_ERROR",
        books="""
        extend schema
          @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective", "@shareable"])
          @link(url: "https://example.com/audit/v1.0", import: ["@loud"])
          @composeDirective(name: "@loud")
        directive @loud on FIELD_DEFINITION
        type Query { a: Int @loud }
        """,
        music="""
        extend schema
          @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective", "@shareable"])
          @link(url: "https://example.com/audit/v2.0", import: ["@loud"])
          @composeDirective(name: "@loud")
        directive @loud on FIELD_DEFINITION
        type Query { b: Int @loud }
        """,
    )
    assert "https://example.com/audit" in error.message
