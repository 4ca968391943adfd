"""One planner serves several threads at once: it plans as it does alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from graphql import parse

from router.planner import Planner
from router.query_plan import print_plan
from tests.router.planner.explosive import EXAMPLES

NAMES = ("many keys, deep", "a chain of requirements on every level", "contexts on every level", "as deep as may be")


@pytest.fixture
def many_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("many_switches")
@pytest.mark.parametrize("name", NAMES)
def test_plans_are_the_same_in_several_threads(name: str) -> None:
    make, operation = EXAMPLES[name]
    supergraph, document = make(), parse(operation)
    alone = print_plan(Planner(supergraph).plan(document))
    planner = Planner(supergraph)
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda _: print_plan(planner.plan(document)), range(8)))
    assert together == [alone] * 8
