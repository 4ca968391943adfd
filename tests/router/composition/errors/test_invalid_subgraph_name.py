"""INVALID_SUBGRAPH_NAME. A subgraph is not called ``_``, and no two have one name."""

from __future__ import annotations

from router.composition import SubgraphSource, compose


def test_underscore() -> None:
    result = compose([SubgraphSource("_", "", "type Query { a: Int }")])
    assert [error.code for error in result.errors] == ["INVALID_SUBGRAPH_NAME"]


def test_same_name_twice() -> None:
    source = SubgraphSource("books", "", "type Query { a: Int }")
    result = compose([source, source])
    assert [error.code for error in result.errors] == [None]
    assert '"books"' in result.errors[0].message
