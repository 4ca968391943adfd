"""The parts of a plan side by side: each begins when the fetches it goes on from are done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graphql import GraphQLSchema

from router.executor.context import RequestContext
from router.executor.context_fetches import compile_context_fetch
from router.executor.errors import FormattedError
from router.executor.fetches import Runner, Setting, compile_entity_fetch, compile_fetch
from router.executor.run import Run
from router.executor.schedule import compile_node
from router.executor.sharing import Sharing
from router.query_plan.nodes import Defer, EntityFetch, Fetch, PlanNode, fetches

__all__ = ["IncrementalRun", "Parts"]


class IncrementalRun(Run):
    """One incremental execution."""

    __slots__ = ("done", "fetched")

    def __init__(self, context: RequestContext, waited_for: frozenset[int], parts: int) -> None:
        super().__init__(context)
        self.fetched = {number: asyncio.Event() for number in waited_for}
        """The fetches that other parts go on from."""
        self.done = [asyncio.Event() for _ in range(parts)]
        """The parts, each with its parents."""

    def check_later(self, check: Callable[[Run], None]) -> None:
        """At once: the errors of a part are delivered with it."""
        check(self)

    def errors_of(self, numbers: range) -> list[FormattedError]:
        """The errors of the fetches with these numbers, in the order of the plan."""
        self.settle()
        return [error for number in numbers for error in self._errors.get(number, ())]


@dataclass(frozen=True, slots=True)
class _Part:
    run: Runner | None
    numbers: range
    """Its fetches, as numbered in the printed plan."""
    depends: tuple[int, ...]
    parent: int


class Parts:
    """The compiled parts of a ``Defer``; 0 is the primary one."""

    def __init__(self, defer: Defer, schema: GraphQLSchema) -> None:
        self.waited_for = frozenset(number for part in defer.deferred for number in part.depends)
        nodes = [defer.primary, *[part.node for part in defer.deferred]]
        every = [fetch for node in nodes for fetch in fetches(node)]
        calls = [call for fetch in every if isinstance(fetch, EntityFetch) for call in fetch.calls]
        self._setting = Setting(schema, defer.response, Sharing(calls))
        self._compiled = 0
        self._parts = [self._compile(defer.primary, (), 0)]
        for part in defer.deferred:
            self._parts.append(self._compile(part.node, part.depends, part.parent))

    def __len__(self) -> int:
        return len(self._parts)

    def errors(self, run: IncrementalRun, number: int) -> Sequence[FormattedError]:
        """What the fetches of a part reported."""
        return run.errors_of(self._parts[number].numbers)

    async def run(self, run: IncrementalRun, number: int) -> int:
        """Run one part when it can begin; returns its number when it and its parents are done."""
        part = self._parts[number]
        for fetch in part.depends:
            await run.fetched[fetch].wait()
        if part.run is not None and not run.halted:
            await part.run(run)
        for fetch in self.waited_for.intersection(part.numbers):
            run.fetched[fetch].set()  # also when a condition kept it from being sent
        if number:
            await run.done[part.parent].wait()
        run.done[number].set()
        return number

    def _compile(self, node: PlanNode | None, depends: tuple[int, ...], parent: int) -> _Part:
        first = self._compiled
        runner = None if node is None else compile_node(node, self._compile_fetch)
        return _Part(runner, range(first, self._compiled), depends, parent)

    def _compile_fetch(self, fetch: Fetch | EntityFetch) -> Runner:
        number = self._compiled
        self._compiled += 1
        if isinstance(fetch, Fetch):
            runner = compile_fetch(fetch, number, self._setting)
        elif any(call.contexts for call in fetch.calls):
            runner = compile_context_fetch(fetch, number, self._setting)
        else:
            runner = compile_entity_fetch(fetch, number, self._setting)
        return _telling(runner, number) if number in self.waited_for else runner


def _telling(runner: Runner, number: int) -> Runner:
    async def run_and_tell(run: Run) -> None:
        await runner(run)
        if isinstance(run, IncrementalRun):
            run.fetched[number].set()

    return run_and_tell
