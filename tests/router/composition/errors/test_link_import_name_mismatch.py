"""LINK_IMPORT_NAME_MISMATCH. A merged directive has one name."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_two_names() -> None:
    error = rejected(
        "LINK_IMPORT_NAME_MISMATCH",
        books="""
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@tag"])
        type Query { a: Int @tag(name: "x") }
        """,
        music="""
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [{name: "@tag", as: "@label"}])
        type Query { b: Int @label(name: "x") }
        """,
    )
    assert '"@tag"' in error.message
    assert '"@label"' in error.message
