"""MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED. The satisfiability walk stops at the limit it is given."""

from __future__ import annotations

from router.composition import SubgraphSource, compose

SOURCES = [SubgraphSource("books", "", "type Query { book: Book } type Book { author: Author } type Author { id: ID }")]


def test_limit_below_the_number_of_states() -> None:
    result = compose(SOURCES, max_states=2)
    assert [error.code for error in result.errors] == ["MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED"]


def test_limit_that_suffices() -> None:
    assert not compose(SOURCES, max_states=3).errors


def test_what_would_repair_a_query_is_walked_within_the_limit_too() -> None:
    link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])'
    sources = [
        SubgraphSource("a", "", link + ' type Query { t: T } type T @key(fields: "id", resolvable: false) { id: ID! }'),
        SubgraphSource(
            "b",
            "",
            link + ' type Query { b: Int } type T @key(fields: "other") { other: ID! deep: D }'
            " type D { e: E } type E { x: Int }",
        ),
    ]
    proposed = {
        limit: ["The shortest missing link" in error.message for error in compose(sources, max_states=limit).errors]
        for limit in (3, 4)
    }
    assert proposed == {3: [False, False], 4: [True, False]}
