"""ROOT_MUTATION_USED. A root with another name leaves the default name free."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_mutation_beside_the_root() -> None:
    error = rejected(
        "ROOT_MUTATION_USED",
        books="""
        schema {
          query: Query
          mutation: Changes
        }
        type Query { titles: [String] }
        type Changes { lend: Int }
        type Mutation { burn: Int }
        """,
    )
    assert '"Changes"' in error.message
