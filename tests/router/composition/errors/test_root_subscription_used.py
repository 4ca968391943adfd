"""ROOT_SUBSCRIPTION_USED. A root with another name leaves the default name free."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_subscription_beside_the_root() -> None:
    error = rejected(
        "ROOT_SUBSCRIPTION_USED",
        books="""
        schema {
          query: Query
          subscription: News
        }
        type Query { titles: [String] }
        type News { lent: Int }
        type Subscription { burnt: Int }
        """,
    )
    assert '"News"' in error.message
