"""A supergraph that is printed and read again is the same: every behaviour's, the shop's and generated ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

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


each = pytest.mark.parametrize("subgraphs", [pytest.param(found, id=name) for name, found in sources()])


@each
def test_order_of_subgraphs_and_printing_change_nothing(subgraphs: list[SubgraphSource]) -> None:
    results = [compose(order) for order in (subgraphs, subgraphs[::-1], [*subgraphs[1:], subgraphs[0]])]
    assert len({result.supergraph_sdl for result in results}) == 1
    assert len({tuple(map(str, (*result.errors, *result.hints))) for result in results}) == 1
    sdl = results[0].supergraph_sdl
    if sdl is None:
        pytest.skip("drawn at random, and refused")
    assert_valid(sdl)
    first, printed = Supergraph.from_sdl(sdl), print_ast(parse(sdl))
    assert print_ast(parse(printed)) == printed
    for text in (printed, _under_another_name(sdl)):
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
