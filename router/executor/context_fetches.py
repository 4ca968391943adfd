"""Entity fetches whose variables depend on what is above each entity (https://specs.apollo.dev/context/v0.1).

Entities with equal values share a call. Different values are asked for side by side: the call stands in the request
several times, so that one request is enough in all but extreme cases, and every entity is answered for its own value.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from router.executor.answers import SubgraphError
from router.executor.contexts import Values, grouped_by_values
from router.executor.documents import answer_keys
from router.executor.fetches import CompiledCall, Runner, Setting, compile_call, lost_entities, merge_call, unexplained
from router.executor.lacking import Expected
from router.executor.repeated_calls import RepeatedCalls, Repetition
from router.executor.reports import Asked, report_entity_errors
from router.executor.representations import build_from_anything, compile_build
from router.executor.request_bodies import compile_body
from router.executor.run import Run, Site, exchange
from router.executor.unasked import report_unasked
from router.query_plan.nodes import EntityFetch

__all__ = ["MAX_CALLS", "MAX_REQUESTS", "compile_context_fetch"]

MAX_CALLS = 32
"""Calls in one request: a subgraph plans and executes each of them."""
MAX_REQUESTS = 32
"""Requests of one fetch. What would need more is not asked for but answered with an error."""
_AT_ONCE = 4
_KEPT_DOCUMENTS = 64
_TOO_MANY = "CONTEXT_VALUES_EXCEEDED"


@dataclass(frozen=True, slots=True)
class _Ask:
    """A call for the entities that share the values of its context variables."""

    number: int
    values: Values
    representations: list[dict[str, Any]]
    groups: list[list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class _Prepared:
    site: Site
    repetitions: list[list[Repetition]]


def compile_context_fetch(fetch: EntityFetch, index: int, setting: Setting) -> Runner:
    """As ``compile_entity_fetch``, with one more request for every further ``MAX_CALLS`` sets of values.

    At most ``MAX_REQUESTS`` are sent, a few at a time; what is left is not asked for, with an error at each object.
    """
    return _ContextFetch(fetch, index, setting).run


class _ContextFetch:
    def __init__(self, fetch: EntityFetch, index: int, setting: Setting) -> None:
        self._fetch = fetch
        self._index = index
        self._fields = setting.fields
        answered = answer_keys(fetch.document)
        self._expected = Expected(fetch.document, setting.schema)
        self._calls = [compile_call(call, answered, setting.sharing) for call in fetch.calls]
        self._builds = [compile_build(call.representations) for call in fetch.calls]
        self._documents = RepeatedCalls(fetch)
        once = Site(index, fetch.service, compile_body(fetch.document, fetch.variables))
        self._once = _Prepared(once, self._documents.once())
        self._prepared: dict[tuple[int, ...], _Prepared] = {}

    async def run(self, run: Run) -> None:
        asks = [ask for number in range(len(self._calls)) for ask in self._asks(run, number)]
        run.check_later(partial(self._check_unasked, list(asks)))
        if len(asks) > MAX_CALLS * MAX_REQUESTS:
            self._refuse(run, asks[MAX_CALLS * MAX_REQUESTS :])
            del asks[MAX_CALLS * MAX_REQUESTS :]
        portions = [asks[start : start + MAX_CALLS] for start in range(0, len(asks), MAX_CALLS)]
        for start in range(0, len(portions), _AT_ONCE):
            await asyncio.gather(*(self._send(run, portion) for portion in portions[start : start + _AT_ONCE]))

    def _asks(self, run: Run, number: int) -> Iterator[_Ask]:
        call, compiled = self._fetch.calls[number], self._calls[number]
        if not compiled.is_included(run.variables):
            return
        if not call.contexts:
            representations, groups = compiled.collect(run.root)
            if groups:
                yield _Ask(number, {}, representations, groups)
            return
        for values, objects in grouped_by_values(call, run.root, run.variables):
            try:
                representations, groups = self._builds[number](objects)
            except (KeyError, TypeError, AttributeError):
                representations, groups = build_from_anything(objects, call.representations)
            if groups:
                yield _Ask(number, values, representations, groups)

    async def _send(self, run: Run, asks: Sequence[_Ask]) -> None:
        prepared = self._prepare(asks)
        own: dict[str, Any] = {}
        left = [list(found) for found in prepared.repetitions]
        asked: list[tuple[CompiledCall, _Ask]] = []
        for ask in asks:
            repetition = left[ask.number].pop(0)
            call = self._fetch.calls[ask.number]
            own[repetition.names[call.representations_variable]] = ask.representations
            own.update({repetition.names[name]: value for name, value in ask.values.items()})
            asked.append((replace(self._calls[ask.number], response_key=repetition.response_key), ask))
        entities = sum(len(ask.groups) for ask in asks)
        data, errors = await exchange(run, prepared.site, own, entities)
        if data is not None:
            service, reported = self._fetch.service, bool(errors)
            merged = (merge_call(call, ask.groups, data, service, reported=reported) for call, ask in asked)
            errors = [*(errors or ()), *(fault for faults in merged for fault in faults)]
            run.check_later(partial(self._check, asked, data, errors))
        if errors:
            places: list[Asked] = [(call.response_key, call.targets, ask.groups) for call, ask in asked]
            errors = [*errors, *lost_entities(self._fetch.service, places, errors, data)]
            self._report(run, places, errors, data)

    def _check(
        self,
        asked: Sequence[tuple[CompiledCall, _Ask]],
        data: dict[str, Any],
        known: Sequence[SubgraphError],
        run: Run,
    ) -> None:
        """Report what the answer lacks."""
        lacking = (
            path
            for call, ask in asked
            for path in self._expected.lacking_of_entities(
                call.response_key, ask.representations, data, run.variables, self._calls[ask.number].response_key
            )
        )
        errors = unexplained(self._fetch.service, lacking, known)
        self._report(run, [(call.response_key, call.targets, ask.groups) for call, ask in asked], errors)

    def _check_unasked(self, asks: Sequence[_Ask], run: Run) -> None:
        calls = [
            (call, [group for ask in asks if ask.number == number for group in ask.groups])
            for number, call in enumerate(self._fetch.calls)
            if self._calls[number].is_included(run.variables)
        ]
        report_unasked(run, self._index, self._fetch.service, self._fields, calls)

    def _prepare(self, asks: Sequence[_Ask]) -> _Prepared:
        counts = [0] * len(self._calls)
        for ask in asks:
            counts[ask.number] += 1
        if all(count == 1 for count in counts):
            return self._once
        identity = tuple(counts)
        prepared = self._prepared.get(identity)
        if prepared is None:
            document, variables, repetitions = self._documents.repeat(identity)
            body = compile_body(document, variables)
            prepared = _Prepared(Site(self._index, self._fetch.service, body), repetitions)
            if len(self._prepared) >= _KEPT_DOCUMENTS:
                self._prepared.clear()
            self._prepared[identity] = prepared
        return prepared

    def _refuse(self, run: Run, asks: Sequence[_Ask]) -> None:
        most = MAX_CALLS * MAX_REQUESTS
        message = f"Entities with more than {most} different values of a context cannot be asked for in one operation."
        for ask in asks:
            call = self._calls[ask.number]
            error = SubgraphError(message, (call.response_key,), {"code": _TOO_MANY})
            self._report(run, [(call.response_key, call.targets, ask.groups)], [error])

    def _report(
        self,
        run: Run,
        asked: Sequence[Asked],
        errors: Sequence[SubgraphError],
        data: dict[str, Any] | None = None,
    ) -> None:
        report_entity_errors(run, self._index, self._fetch.service, self._fields, asked, errors, data)
