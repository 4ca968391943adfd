"""The oracle: for random operations on every supergraph of this folder's tests, and on the shop, executing the plan
over all subgraphs gives what one schema over all types gives. ``ORACLE_OPERATIONS`` sets how many per supergraph."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from graphql import parse, validate

from router.composition import SubgraphSource, compose
from router.executor import RequestContext, compile_plan
from router.planner import Planner
from router.query_plan import print_plan
from router.supergraph import Supergraph
from tests.router.planner.conftest import read
from tests.router.planner.oracle import OneSchema, Operations, Subgraph, World

HERE = Path(__file__).parent
OPERATIONS = int(os.environ.get("ORACLE_OPERATIONS", "15"))
APART = {"test_unknown_types", "test_corrupted_supergraph_node_id", "test_budget"}
"""Their abstract types have no member that every subgraph knows or resolves, or they only measure."""


def supergraphs() -> Iterator[tuple[str, Mapping[str, str]]]:
    for path in sorted(HERE.glob("test_*.py")):
        if path.stem not in APART and "SUBGRAPHS = {" in path.read_text() and path != Path(__file__):
            module = importlib.import_module(f"tests.router.planner.{path.stem}")
            for name, value in vars(module).items():
                if name.endswith("SUBGRAPHS") and "supergraph" not in value:
                    yield f"{path.stem}:{name}", value


async def compare(supergraph: Supergraph, subgraphs: Mapping[str, str], count: int) -> None:
    world = World(supergraph)
    one = OneSchema(world)
    transports = {name: Subgraph(world, name, sdl) for name, sdl in subgraphs.items()}
    planner = Planner(supergraph)
    for seed in range(count):
        operations = Operations(supergraph.api_schema, seed)
        operation = operations.query()
        document = parse(operation)
        if validate(supergraph.api_schema, document):
            continue
        plan = planner.plan(document)
        context = RequestContext(transports, operations.variables)
        response = await compile_plan(plan, supergraph.api_schema).execute(context)
        example = f"\nseed {seed}, variables {operations.variables}\n{operation}\n{print_plan(plan)}"
        assert not response.errors, f"{response.errors}{example}"
        assert response.data == one.execute(operation, operations.variables), example


@pytest.mark.parametrize(("name", "subgraphs"), [pytest.param(*found, id=found[0]) for found in supergraphs()])
async def test_same_answer(name: str, subgraphs: Mapping[str, str]) -> None:
    await compare(read(subgraphs), subgraphs, OPERATIONS)


def shop() -> tuple[Supergraph, dict[str, str]]:
    """The shop's supergraph and its subgraphs."""
    subgraphs = {path.stem: path.read_text() for path in sorted((HERE.parents[1] / "contracts").glob("*.graphql"))}
    result = compose([SubgraphSource(name, f"http://{name}", sdl) for name, sdl in subgraphs.items()])
    assert result.supergraph_sdl is not None
    return Supergraph.from_sdl(result.supergraph_sdl), subgraphs


async def test_same_answer_for_the_shop() -> None:
    await compare(*shop(), OPERATIONS)
