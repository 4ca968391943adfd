"""DISALLOWED_INACCESSIBLE. Nothing of a directive for schemas is hidden."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_directive_argument() -> None:
    error = rejected(
        "DISALLOWED_INACCESSIBLE",
        books="""
        extend schema
          @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective", "@inaccessible"])
          @link(url: "https://example.com/audit/v1.0", import: ["@loud"])
          @composeDirective(name: "@loud")
        directive @loud(how: Int @inaccessible) on FIELD_DEFINITION
        type Query { a: Int @loud }
        """,
    )
    assert "@loud(how:)" in error.message
