"""Plan nodes as coroutine functions: what runs after what, and what beside what."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from router.executor.conditions import compile_conditions
from router.executor.fetches import Runner
from router.executor.run import Run
from router.query_plan import nodes

__all__ = ["CompileFetch", "compile_node"]

CompileFetch = Callable[[nodes.Fetch | nodes.EntityFetch], Runner]


def compile_node(node: nodes.PlanNode, compile_fetch: CompileFetch) -> Runner:
    """``compile_fetch`` is called for each fetch in the order of the printed plan.

    Nothing further of a sequence begins once the run is halted (GraphQL spec §6.2.2). Raises ``ValueError`` for a
    subscription that is not the root of its plan.
    """
    match node:
        case nodes.Fetch() | nodes.EntityFetch():
            return compile_fetch(node)
        case nodes.Sequence(children):
            return _sequence([compile_node(child, compile_fetch) for child in children])
        case nodes.Parallel(children):
            return _parallel([compile_node(child, compile_fetch) for child in children])
        case nodes.Condition(include, child):
            return _condition(include, compile_node(child, compile_fetch))
        case nodes.Subscription():
            raise ValueError("a subscription stands at the root of a plan only")


def _sequence(runners: Sequence[Runner]) -> Runner:
    if len(runners) == 1:
        return runners[0]

    async def run_sequence(run: Run) -> None:
        for runner in runners:
            if run.halted:
                return
            await runner(run)

    return run_sequence


def _parallel(runners: Sequence[Runner]) -> Runner:
    """The first runs in the caller's own task; the others need one each. None outlives the call."""
    if len(runners) == 1:
        return runners[0]
    first, *others = runners

    async def run_parallel(run: Run) -> None:
        create_task = asyncio.get_running_loop().create_task
        tasks = [create_task(runner(run)) for runner in others]
        try:
            await first(run)
            for task in tasks:
                await task
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    return run_parallel


def _condition(include: nodes.Conditions, runner: Runner) -> Runner:
    included = compile_conditions(include)
    if included is None:
        return runner

    async def run_condition(run: Run) -> None:
        if included(run.variables):
            await runner(run)

    return run_condition
