"""What planning operations costs that are made to explode, in CPU time of this process.

    python bench/planning.py [--only WORDS] [--profile]

Method: every operation of ``tests/router/planner/explosive.py`` is parsed beforehand, then planned by a
planner that has planned nothing before, and compiled. ``plan`` and ``compile`` are CPU milliseconds; the gateway does
both in a thread, one operation after the other, so their sum is what one such request takes from all others. The
figures are of one run: the first is what a client can cause.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import time
from pathlib import Path

from graphql import parse

sys.path.insert(0, str(Path(__file__).parents[1]))

from router.executor import compile_plan
from router.planner import Planner, PlanningError
from router.query_plan.nodes import fetches
from tests.router.planner.explosive import EXAMPLES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="operations whose name holds these words")
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    options = parser.parse_args()
    print(f"{'plan':>7} {'compile':>7} {'plans':>5} {'moves':>7} {'fields':>7} {'calls':>6}")
    for name, (make, operation) in EXAMPLES.items():
        if options.only in name:
            measure(name, make(), operation, profile=options.profile)


def measure(name: str, supergraph: object, operation: str, *, profile: bool) -> None:
    document = parse(operation)
    profiler = cProfile.Profile() if profile else None
    planner = Planner(supergraph)
    if profiler:
        profiler.enable()
    began = time.process_time()
    try:
        report = planner.explain(document)
    except PlanningError as error:
        took = (time.process_time() - began) * 1000
        outcome = f"{took:7.0f} {'refused':>36}  {name}: {error.code}: {error}"
    else:
        planned = time.process_time()
        compile_plan(report.plan, supergraph.api_schema)
        compiled = time.process_time()
        outcome = (
            f"{(planned - began) * 1000:7.0f} {(compiled - planned) * 1000:7.0f} {report.plans:5} {report.moves:7}"
            f" {report.selections:7} {sum(1 for _ in fetches(report.plan.node)):6}  {name}"
        )
    print(outcome, flush=True)
    if profiler:
        profiler.disable()
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(25)


if __name__ == "__main__":
    main()
