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


LOUD = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective", "@shareable"])
  @link(url: "https://example.com/audit/v1.0", import: ["@loud"])
  @composeDirective(name: "@loud")
"""


def test_an_argument_that_the_other_definition_lacks() -> None:
    error = rejected(
        "DIRECTIVE_COMPOSITION_ERROR",
        books=f"{LOUD} directive @loud(a: Int) on OBJECT type Query @loud(a: 1) {{ a: Int }}",
        music=f"{LOUD} directive @loud(b: Int) on OBJECT type Query @loud(b: 1) {{ b: Int }}",
    )
    assert '@loud(a: 1) on "Query" in subgraph "books"' in error.message
    assert 'the definition of subgraph "music": it has no argument "a"' in error.message


def test_an_argument_that_only_the_other_definition_requires() -> None:
    error = rejected(
        "DIRECTIVE_COMPOSITION_ERROR",
        books=f"{LOUD} directive @loud(a: Int) on OBJECT type Query @loud {{ a: Int }}",
        music=f"{LOUD} directive @loud(a: Int!) on OBJECT type Query {{ b: Int }}",
    )
    assert 'argument "a" is required' in error.message


def test_a_value_that_the_merged_type_lacks() -> None:
    error = rejected(
        "DIRECTIVE_COMPOSITION_ERROR",
        books=f"{LOUD} directive @loud(a: E) on OBJECT enum E {{ X Y }} type Query @loud(a: Y) {{ a: Int }}",
        music=f"{LOUD} directive @loud(a: E) on OBJECT enum E {{ X }} type Query {{ b: Int }}",
    )
    assert 'Y is no value of argument "a: E"' in error.message
