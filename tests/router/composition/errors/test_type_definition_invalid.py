"""TYPE_DEFINITION_INVALID. A subgraph's own copy of a federation scalar is a scalar."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_field_set_as_enum() -> None:
    error = rejected(
        "TYPE_DEFINITION_INVALID",
        books="""
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "FieldSet"])
        enum FieldSet { ID }
        type Query { titles: [String] }
        """,
    )
    assert "FieldSet" in error.message
    assert "scalar" in error.message
