"""Plans take as few requests as can be, and of those the fewest rounds: no other set of subgraphs needs fewer, and no
other choice of the planner."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import pytest
from graphql import parse

from router.planner import Limits, Planner
from router.query_plan.nodes import EntityFetch, Fetch, Parallel, PlanNode, Sequence, fetches
from router.supergraph import Supergraph
from tests.router.fuzz.case import Rejected, composed
from tests.router.fuzz.operations import random_operation
from tests.router.fuzz.supergraphs import subgraphs

PATIENT = Limits(plans=200, comparing=2_000_000, moves=2_000_000)
"""Nearly always every combination of choices is compared."""
TOO_MANY_CHOICES = {16: (5, 3), 136: (6, 3)}
"""Seeds of entities whose choices outlast the budget, and the requests and rounds of the plan that is found."""
TWO_CHOICES_AT_ONCE = [(38, 0), (210, 6), (264, 2), (278, 3), (298, 5), (418, 1), (422, 6), (491, 7)]
"""Drafts and operations for which each choice by itself looks right and all together are not."""


LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"]) '


@dataclass(frozen=True)
class Entity:
    """One type, told by subgraphs that know it by some of its keys and give some of its fields."""

    keys: dict[str, frozenset[int]]
    fields: dict[str, frozenset[int]]
    wanted: frozenset[int]

    @property
    def sdls(self) -> dict[str, str]:
        return {
            name: LINK
            + ("type Query { t: T } " if name == self.root else "")
            + "type T "
            + " ".join(f'@key(fields: "k{key}")' for key in sorted(self.keys[name]))
            + " { "
            + " ".join(f"k{key}: ID!" for key in sorted(self.keys[name]))
            + " "
            + " ".join(f"f{field}: Int @shareable" for field in sorted(self.fields[name]))
            + " }"
            for name in self.keys
        }

    @property
    def operation(self) -> str:
        return "{ t { " + " ".join(f"f{field}" for field in sorted(self.wanted)) + " } }"

    @property
    def root(self) -> str:
        return next(iter(self.keys))

    def least(self) -> tuple[int, int]:
        """Requests and rounds: of all sets of subgraphs that have the fields and can be entered one by another, those
        of the smallest ones that is entered soonest."""
        others = [name for name in self.keys if name != self.root]
        for size in range(len(others) + 1):
            rounds = [self._rounds({self.root, *chosen}) for chosen in combinations(others, size)]
            if any(rounds):
                return size + 1, min(filter(None, rounds))
        raise AssertionError("the composer lets pass what cannot be reached")

    def _rounds(self, chosen: set[str]) -> int:
        """In how many rounds these are asked, each once; 0 when they do not have the fields or cannot be entered."""
        if not self.wanted <= _union(self.fields[name] for name in chosen):
            return 0
        entered = {self.root}
        known = self.keys[self.root]
        rounds = 1
        while entering := {name for name in chosen - entered if self.keys[name] & known}:
            entered |= entering
            known = known.union(*(self.keys[name] for name in entering))
            rounds += 1
        return rounds if entered == chosen else 0


def _rounds(node: PlanNode | None) -> int:
    """How often whoever executes the plan waits for subgraphs."""
    match node:
        case Sequence(children):
            return sum(map(_rounds, children))
        case Parallel(children):
            return max(map(_rounds, children))
        case Fetch() | EntityFetch():
            return 1
    raise AssertionError(f"not in these plans: {node}")


def _union(sets: Iterable[frozenset[int]]) -> frozenset[int]:
    return frozenset[int]().union(*sets)


def _entity(seed: int) -> Entity:
    draw = random.Random(seed)  # noqa: S311 - no secrets are drawn
    keys, fields = draw.randint(1, 5), draw.randint(3, 12)
    names = [f"s{number}" for number in range(draw.randint(3, 11))]
    told = {name: frozenset(draw.sample(range(fields), draw.randint(0, 3))) for name in names}
    all_told = sorted(_union(told.values()))
    return Entity(
        {name: frozenset(draw.sample(range(keys), draw.randint(1, min(2, keys)))) for name in names},
        told,
        frozenset(draw.sample(all_told, draw.randint(min(1, len(all_told)), len(all_told)))),
    )


@pytest.mark.parametrize("seeds", [range(first, first + 40) for first in (0, 120)], ids=str)
def test_no_smaller_set_of_subgraphs_serves(seeds: range) -> None:
    compared = 0
    for seed in seeds:
        entity = _entity(seed)
        try:
            supergraph = Supergraph.from_sdl(composed(entity.sdls))
        except Rejected:
            continue
        if entity.wanted:
            plan = Planner(supergraph).plan(parse(entity.operation))
            found = sum(1 for _ in fetches(plan.node)), _rounds(plan.node)
            assert found == TOO_MANY_CHOICES.get(seed, entity.least()), (
                f"seed {seed}: {entity.operation} of {entity.sdls}"
            )
            compared += 1
    assert compared > len(seeds) / 2


@pytest.mark.parametrize("draft", range(12))
def test_no_other_choice_spares_a_request(draft: int) -> None:
    for number in range(3):
        _compare(draft, number)


@pytest.mark.parametrize(("draft", "number"), TWO_CHOICES_AT_ONCE)
def test_choices_are_changed_together(draft: int, number: int) -> None:
    _compare(draft, number)


def _compare(draft: int, number: int) -> None:
    """The plan, and the cheapest of all combinations of choices."""
    try:
        supergraph = Supergraph.from_sdl(composed(subgraphs(draft)))
    except Rejected:
        return
    operation = random_operation(supergraph.api_schema, draft * 1_000 + number)
    if operation is None:
        return
    found, best = (
        Planner(supergraph, limits).plan(operation.document, variables=operation.variables)
        for limits in (Limits(), PATIENT)
    )
    assert sum(1 for _ in fetches(found.node)) == sum(1 for _ in fetches(best.node)), operation.text
