"""INVALID_FIELD_SHARING. What several subgraphs resolve is shareable in all of them."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_not_shareable() -> None:
    error = rejected(
        "INVALID_FIELD_SHARING",
        books="""
        type Query { size: Int }
        """,
        music="""
        type Query { size: Int @shareable }
        """,
    )
    assert '"Query.size"' in error.message
    assert 'subgraph "books"' in error.message


def test_subscription() -> None:
    error = rejected(
        "INVALID_FIELD_SHARING",
        books="""
        type Query { a: Int }
        type Subscription {
          sold: Int @shareable
        }
        """,
        music="""
        type Subscription {
          sold: Int @shareable
        }
        """,
    )
    assert '"Subscription.sold"' in error.message
