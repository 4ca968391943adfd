"""Which subgraphs can be entered from where, and at what price."""

from __future__ import annotations

import pytest

from router.query_graph import QueryGraph, Reach, print_query_graph
from tests.router.planner.conftest import read

CHAIN = {
    "a": 'type Query { p: P } type P @key(fields: "id") { id: ID! }',
    "b": 'type P @key(fields: "id") @key(fields: "sku") { id: ID! sku: ID! }',
    "c": 'type P @key(fields: "sku") { sku: ID! base: Int }',
    "d": 'type P @key(fields: "sku") { sku: ID! base: Int @external price: Int @requires(fields: "base") }',
    "e": 'type Query { r: Int } type P @key(fields: "sku", resolvable: false) { sku: ID! }',
}


@pytest.fixture(scope="module")
def graph() -> QueryGraph:
    return QueryGraph(read(CHAIN))


def test_costs_add_up_along_keys(graph: QueryGraph) -> None:
    routes = Reach(graph).routes("P", {"a": 0})
    assert {name: route.cost for name, route in routes.items()} == {"a": 0, "b": 1, "c": 2, "d": 2}


def test_a_key_that_is_not_resolvable_enters_nothing(graph: QueryGraph) -> None:
    assert "e" not in Reach(graph).routes("P", {"a": 0})
    assert Reach(graph).routes("P", {"e": 0})["c"].cost == 1


def test_barred_subgraphs_are_not_entered(graph: QueryGraph) -> None:
    routes = Reach(graph).routes("P", {"a": 0}, barred=frozenset({"b"}))
    assert list(routes) == ["a"]


def test_requirements_count(graph: QueryGraph) -> None:
    reach = Reach(graph)
    edge = graph.edge("d", "P", "price")
    assert edge is not None
    assert reach.cost("P", edge.requires, reach.routes("P", {"a": 0})) == 2


def test_keys_of_two_types_that_need_each_other_end() -> None:
    subgraphs = {
        "a": """
            type Query { x: X }
            type X @key(fields: "y { id }") { y: Y! }
            type Y @key(fields: "x { y { id } }") { id: ID! @shareable x: X! }
        """,
        "b": """
            type X @key(fields: "y { id }") { y: Y! v: Int }
            type Y @key(fields: "id") { id: ID! }
        """,
    }
    assert Reach(QueryGraph(read(subgraphs))).routes("X", {"a": 0})["b"].cost == 1


def test_printed_form(graph: QueryGraph) -> None:
    first = "a {\n  P\n    <- key { id }\n    id: ID!\n  Query\n    p: P\n}\n"
    assert print_query_graph(graph).startswith(first)
    assert "    price: Int requires { base }\n" in print_query_graph(graph)
