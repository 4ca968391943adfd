"""Subgraphs in any order give one text, and however that is laid out it reads as one supergraph.

Of every behaviour, of the shop and of generated subgraphs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import permutations

import pytest
from graphql import parse, print_ast, print_schema

from router.composition import SubgraphSource, compose
from router.supergraph import Supergraph
from tests.router.composition.harness import assert_valid
from tests.router.fuzz.supergraphs import subgraphs as generated
from tests.router.planner.conftest import source
from tests.router.planner.test_against_one_schema import shop, supergraphs

GENERATED = 12


def sources() -> Iterator[tuple[str, list[SubgraphSource]]]:
    for name, sdls in supergraphs():
        yield name, [source(subgraph, sdl) for subgraph, sdl in sdls.items()]
    yield "shop", [SubgraphSource(subgraph, f"http://{subgraph}", sdl) for subgraph, sdl in shop()[1].items()]
    for seed in range(GENERATED):
        yield (
            f"generated {seed}",
            [SubgraphSource(name, f"http://{name}", sdl) for name, sdl in generated(seed).items()],
        )


def orders(subgraphs: list[SubgraphSource]) -> list[list[SubgraphSource]]:
    """Each subgraph once first and once last, or all orders if they are fewer."""
    if len(subgraphs) <= 3:
        return [list(order) for order in permutations(subgraphs)]
    rotated = [subgraphs[i:] + subgraphs[:i] for i in range(len(subgraphs))]
    return [*rotated, subgraphs[::-1]]


each = pytest.mark.parametrize("subgraphs", [pytest.param(found, id=name) for name, found in sources()])


@each
def test_order_of_subgraphs_and_printing_change_nothing(subgraphs: list[SubgraphSource]) -> None:
    results = [compose(order) for order in orders(subgraphs)]
    assert len({result.supergraph_sdl for result in results}) == 1
    assert len({tuple(map(str, (*result.errors, *result.hints))) for result in results}) == 1
    sdl = results[0].supergraph_sdl
    assert sdl is not None, list(map(str, results[0].errors))
    assert_valid(sdl)
    first = Supergraph.from_sdl(sdl)
    for text in (print_ast(parse(sdl)), _under_another_name(sdl)):
        again = Supergraph.from_sdl(text)
        assert again.types == first.types
        assert again.subgraphs == first.subgraphs
        assert again.authorization == first.authorization
        assert print_schema(again.api_schema) == print_schema(first.api_schema)
        assert print_schema(again.schema) == print_schema(first.schema)


def _under_another_name(sdl: str) -> str:
    """The same with other names for join: a prefix, and one directive and one type imported."""
    sdl = re.sub(
        r'(@link\(url: "https://specs.apollo.dev/join/v0.\d")',
        r'\1, as: "j", import: ["@graph", {name: "@type", as: "@within"}, "FieldSet"]',
        sdl,
    )
    for name, other in (("@join__graph", "@graph"), ("@join__type", "@within"), ("join__FieldSet", "FieldSet")):
        sdl = sdl.replace(name, other)
    return sdl.replace("join__", "j__")
