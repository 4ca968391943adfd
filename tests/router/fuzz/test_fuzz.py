"""A short campaign of every run; ``make fuzz`` is the long one. ``FUZZ_SEED`` and ``FUZZ_OPERATIONS`` change it."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from graphql import validate

from router.composition import SubgraphSource, compose
from tests.router.fuzz.campaign import Campaign
from tests.router.fuzz.case import Served
from tests.router.fuzz.measure import measure
from tests.router.fuzz.operations import Operation, random_operation
from tests.router.fuzz.shrink import shrink
from tests.router.fuzz.supergraphs import subgraphs

SEED = int(os.environ.get("FUZZ_SEED", "7"))
OPERATIONS = int(os.environ.get("FUZZ_OPERATIONS", "100"))


@pytest.mark.parametrize("portion", range(2))
def test_the_router_answers_as_one_schema_does(portion: int, tmp_path: Path) -> None:
    campaign = Campaign(SEED + portion)
    for case, problems in campaign.run(OPERATIONS):
        path = tmp_path / "case.py"
        path.write_text(shrink(case, problems, seconds=20).print())
        pytest.fail(f"{problems}\n\n{path.read_text()}")
    assert campaign.operations == OPERATIONS


def test_drawn_operations_are_valid_and_not_trivial() -> None:
    measured, drawn = Counter[str](), 0
    for number in range(1, 9):
        served = Served(subgraphs(number), number)
        schema = served.supergraph.api_schema
        for seed in range(30):
            operation = random_operation(schema, seed)
            if operation is not None:
                drawn += 1
                assert validate(served.client_schema, operation.document) == []
                measured += measure(operation.document, served.prepare(operation).plan)
    assert drawn > 220
    assert measured["plan: entity fetch"] > 80
    assert measured["plan: requires"] > 20


@pytest.mark.parametrize("seed", range(6))
def test_composing_does_not_depend_on_order(seed: int) -> None:
    sdls = subgraphs(seed)
    sources = [SubgraphSource(name, f"http://{name}.test", sdl) for name, sdl in sdls.items()]
    turned = [*sources[1:], sources[0]]
    results = [compose(each) for each in (sources, turned, sources[::-1])]
    assert len({result.supergraph_sdl for result in results}) == 1
    assert len({tuple(map(str, result.hints)) for result in results}) == 1


SUBGRAPHS = {
    "s0": """
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@requires", "@external"])
        type Query { ants: [Ant] }
        type Ant @key(fields: "id") { id: ID! legs: Int @external steps: String @requires(fields: "legs") }
    """,
    "s1": """
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])
        type Ant @key(fields: "id") { id: ID! legs: Int name: String! }
    """,
}
OPERATION = Operation("{ ants { id steps name } }", {})


def test_a_sound_router_has_no_problems() -> None:
    assert Served(SUBGRAPHS, 1).problems(OPERATION, None) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('@join__field(graph: S0, requires: "legs")', "@join__field(graph: S0)"),
        ('key: "id"', 'key: "legs"'),
        ("name: String! @join__field(graph: S1)", "name: String! @join__field(graph: S0)"),
    ],
)
def test_a_router_that_is_told_wrong_things_is_found_out(old: str, new: str) -> None:
    sound = Served(SUBGRAPHS, 1).supergraph_sdl
    assert old in sound
    assert Served(SUBGRAPHS, 1, sound.replace(old, new)).problems(OPERATION, None)


CONTEXT = {
    "s0": """
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
            import: ["@key", "@external", "@context", "@fromContext"])
        type Query { ants: [Ant!] }
        type Ant @key(fields: "id") @context(name: "ctx") { id: ID! legs: String @external step: String use: Use }
        type Use @key(fields: "id") { id: ID! walk(on: String @fromContext(field: "$ctx { legs }")): String next: Use }
    """,
    "s1": """
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
        type Ant @key(fields: "id") { id: ID! legs: String }
    """,
}


def test_values_from_above_are_told_from_others() -> None:
    operation = Operation("{ ants { use { walk next { walk } } } }", {})
    sound = Served(CONTEXT, 1)
    assert sound.problems(operation, None) == []
    assert '"{ legs }"' in sound.supergraph_sdl
    assert Served(CONTEXT, 1, sound.supergraph_sdl.replace('"{ legs }"', '"{ step }"')).problems(operation, None)
