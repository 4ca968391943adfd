"""An operation with ``@defer``, compiled to be answered bit by bit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLSchema

from router.executor.context import RequestContext, Response
from router.executor.errors import FormattedError
from router.executor.incremental.delivery import Delivery
from router.executor.incremental.errors import PartErrors
from router.executor.incremental.parts import IncrementalRun, Parts
from router.executor.incremental.results import InitialResult, SubsequentResult
from router.executor.incremental.selection import NOT_DELAYED, Selection, Selector
from router.executor.incremental.values import Found, Value, complete_together
from router.executor.introspection import Introspect, compile_introspection
from router.query_plan.nodes import DeferUsage, QueryPlan

__all__ = ["IncrementalPlan"]

_log = logging.getLogger(__name__)
_KEPT_SELECTIONS = 32
_FAILED: FormattedError = {"message": "Internal server error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}


@dataclass(frozen=True, slots=True)
class _Compiled:
    schema: GraphQLSchema
    root_type: str
    usages: tuple[DeferUsage, ...]
    parts: Parts
    selector: Selector
    introspect: Introspect | None
    selections: dict[tuple[bool, ...], Selection] = field(default_factory=dict)

    def selection(self, variables: Mapping[str, Any]) -> Selection:
        """The root selection for these variables, made when it is new."""
        identity = self.selector.identity(variables)
        selection = self.selections.get(identity)
        if selection is None:
            if len(self.selections) >= _KEPT_SELECTIONS:
                self.selections.clear()
            selection = self.selections[identity] = self.selector.select(variables)
        return selection


class IncrementalPlan:
    """The compiled ``Defer`` of a plan. Holds nothing of a request: it may be executed many times at once."""

    def __init__(self, plan: QueryPlan, schema: GraphQLSchema) -> None:
        if plan.defer is None:
            raise ValueError("nothing is deferred")
        introspect = compile_introspection(plan.introspection, schema) if plan.introspection else None
        self._compiled = _Compiled(
            schema, plan.root_type, plan.defer.usages, Parts(plan.defer, schema), Selector(plan.defer), introspect
        )

    def is_active(self, variables: Mapping[str, Any]) -> bool:
        """Whether anything is deferred with these variables; if not, the operation is better executed at once."""
        return _has_delayed(self._compiled.selection(variables))

    async def execute(self, context: RequestContext) -> AsyncGenerator[InitialResult | SubsequentResult]:
        """One ``InitialResult``, and unless it has nothing pending ``SubsequentResult``s to the one without a next.

        Parts that nobody waits for any more, and all of them when the generator is closed, are cancelled. Failures of
        subgraphs are errors of the results. What is found deferred is completed by itself: O(fields x depth) each time.
        """
        parts = self._compiled.parts
        run = IncrementalRun(context, parts.waited_for, len(parts))
        running = {asyncio.create_task(parts.run(run, number)) for number in range(len(parts))}
        execution = _Execution(self._compiled, run, running)
        try:
            initial = await execution.initial()
            yield initial
            if initial.pending:
                async with aclosing(execution.subsequent()) as results:
                    async for result in results:
                        yield result
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


class _Execution:
    """One execution: the parts that run, and what is made of those that are done."""

    def __init__(self, plan: _Compiled, run: IncrementalRun, running: set[asyncio.Task[int]]) -> None:
        self._plan = plan
        self._run = run
        self._running = running
        self._done: frozenset[int] = frozenset()
        self._errors = PartErrors()
        self._delivery = Delivery(plan.usages, self._complete)

    async def initial(self) -> InitialResult:
        run, plan = self._run, self._plan
        selection = plan.selection(run.variables)
        while not selection.parts <= self._done:
            await self._next_part()
        errors: list[FormattedError] = []
        if plan.introspect is not None:
            values, found = plan.introspect(run.variables)
            run.root.update(values)
            errors = [dict(error) for error in found]
        root = Found((), NOT_DELAYED, selection, run.root, plan.root_type)
        value = self._complete(root)
        response = Response(value.data, [*value.errors, *errors], run.extensions(), run.records)
        return InitialResult(response, self._delivery.begin(value.found))

    async def subsequent(self) -> AsyncGenerator[SubsequentResult]:
        while True:
            result = self._delivery.advance(self._done)
            if result is not None:
                yield result
                if not result.has_next:
                    return
            try:
                await self._next_part()
            except Exception:
                _log.exception("a deferred part failed")
                yield self._delivery.fail(_FAILED)
                return

    async def _next_part(self) -> None:
        """Wait until at least one more part is done."""
        done, _ = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        self._running -= done
        numbers = sorted([task.result() for task in done])
        for number in numbers:
            self._errors.add(number, self._plan.parts.errors(self._run, number))
        self._done |= frozenset(numbers)

    def _complete(self, work: Found) -> Value:
        run, errors = self._run, self._errors.claim(work)
        return complete_together(self._plan.schema, work, errors, run.lost, run.context.policy.max_errors)


def _has_delayed(selection: Selection) -> bool:
    if selection.delayed:
        return True
    return any(_has_delayed(one.selections) for one in selection if isinstance(one.selections, Selection))
