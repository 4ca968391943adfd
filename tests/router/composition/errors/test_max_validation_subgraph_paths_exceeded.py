"""MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED. The satisfiability walk stops at the limit it is given."""

from __future__ import annotations

from router.composition import SubgraphSource, compose

SOURCES = [SubgraphSource("books", "", "type Query { book: Book } type Book { author: Author } type Author { id: ID }")]


def test_limit_below_the_number_of_states() -> None:
    result = compose(SOURCES, max_states=2)
    assert [error.code for error in result.errors] == ["MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED"]


def test_limit_that_suffices() -> None:
    assert not compose(SOURCES, max_states=3).errors
