"""INVALID_GRAPHQL. A subgraph is valid GraphQL, its directive arguments and defaults included."""

from __future__ import annotations

from tests.router.composition.harness import rejected


def test_syntax() -> None:
    error = rejected(
        "INVALID_GRAPHQL",
        books="""
        type Query { titles: [String }
        """,
    )
    assert "[books]" in error.message


def test_unknown_type() -> None:
    error = rejected(
        "INVALID_GRAPHQL",
        books="""
        type Query { book: Boook }
        """,
    )
    assert "Boook" in error.message


def test_unknown_directive() -> None:
    error = rejected(
        "INVALID_GRAPHQL",
        books="""
        type Query { titles: [String] @loud }
        """,
    )
    assert "@loud" in error.message


def test_default_of_another_type() -> None:
    error = rejected(
        "INVALID_GRAPHQL",
        books="""
        type Query {
          titles(first: Int = "ten"): [String]
        }
        """,
    )
    assert "Query.titles(first:)" in error.message
    assert "Int" in error.message


def test_directive_argument_of_another_type() -> None:
    error = rejected(
        "INVALID_GRAPHQL",
        books="""
        type Query {
          titles: [String] @cost(weight: "much")
        }
        """,
    )
    assert "@cost(weight:)" in error.message


def test_type_defined_twice() -> None:
    error = rejected(
        "INVALID_GRAPHQL",
        books="""
        type Query { book: Book }
        type Book { id: ID }
        type Book { title: String }
        """,
    )
    assert "'Book'" in error.message


def test_default_too_large_for_any_float() -> None:
    error = rejected("INVALID_GRAPHQL", books="type Query { titles(least: Float = 1e999): [String] }")
    assert "Query.titles(least:)" in error.message


def test_an_argument_that_merging_drops_from_an_implementation() -> None:
    error = rejected(
        "INVALID_GRAPHQL",
        books="""
        type Query { items: [Item] }
        interface Item { price(in: String): Int }
        type Book implements Item @key(fields: "id") { id: ID! price(in: String): Int @shareable }
        """,
        music='type Book @key(fields: "id") { id: ID! price: Int @shareable }',
        other="type Query { other: Int }",
    )
    assert "Item.price(in:)" in error.message
    assert 'Define it alike in subgraphs "books" and "music".' in error.message
