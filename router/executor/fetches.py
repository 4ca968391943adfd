"""Fetches of a plan as coroutine functions over a ``Run``."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import GraphQLNonNull, GraphQLSchema, OperationType

from router.executor.answers import MALFORMED, NO_DATA, SubgraphError
from router.executor.conditions import Predicate, compile_conditions, holds
from router.executor.documents import AnswerKeys, answer_keys
from router.executor.errors import ErrorPath
from router.executor.lacking import Expected
from router.executor.merge import EntityMerge, entity_merge, merge_object
from router.executor.reports import Asked, report_entity_errors, report_root_errors
from router.executor.representations import build_from_anything, compile_build
from router.executor.request_bodies import compile_body
from router.executor.run import Exchanged, Run, Site, exchange
from router.executor.sharing import Sharing
from router.executor.targets import collect_anything, compile_targets
from router.executor.unasked import report_unasked
from router.query_plan.nodes import Conditions, EntityCall, EntityFetch, Fetch, Path, ResponseField

__all__ = [
    "CompiledCall",
    "RootMerge",
    "Runner",
    "Setting",
    "compile_call",
    "compile_entity_fetch",
    "compile_fetch",
    "compile_root_merge",
    "lost_entities",
    "merge_call",
    "unexplained",
]

Runner = Callable[[Run], Coroutine[Any, Any, None]]
RootMerge = Callable[[Run, Exchanged], None]

_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Setting:
    """What the fetches of one plan have in common."""

    schema: GraphQLSchema
    fields: Sequence[ResponseField]
    """The response's root fields."""
    sharing: Sharing
    """Which answers must not be shared between objects."""


def compile_fetch(fetch: Fetch, index: int, setting: Setting) -> Runner:
    """``index`` is the fetch's place in the printed plan. Whatever fails is among the run's errors."""
    site = Site(index, fetch.service, compile_body(fetch.document, fetch.variables))
    merge = compile_root_merge(fetch, index, setting)

    async def run_fetch(run: Run) -> None:
        merge(run, await exchange(run, site, _NOTHING, 0))

    return run_fetch


def compile_root_merge(fetch: Fetch, index: int, setting: Setting) -> RootMerge:
    """What is done with the answer to a root fetch, or with an event of a subscription.

    A null in a non-null root field of a mutation halts the run: its ``data`` is null already (GraphQL spec §6.2.2).
    """
    fields = setting.fields
    answered, expected = answer_keys(fetch.document), Expected(fetch.document, setting.schema)
    keys = answered.keys.keys()
    required: list[ResponseField] = []
    if fetch.operation_type is OperationType.MUTATION:
        required = [f for f in fields if isinstance(f.type, GraphQLNonNull) and f.source_key in keys]

    def check(data: dict[str, Any], known: Sequence[SubgraphError] | None, run: Run) -> None:
        lacking = unexplained(fetch.service, expected.lacking(data, run.variables), known)
        report_root_errors(run, index, fetch.service, fields, (), lacking)

    def merge(run: Run, exchanged: Exchanged) -> None:
        data, errors = exchanged
        root = run.root
        if data is not None:
            if not keys <= data.keys():
                errors = [*(errors or ()), *_missing(fetch.service, answered.keys, data, run.variables)]
            if answered.composite.isdisjoint(root):
                root.update(data)
            else:
                merge_object(root, data)
            run.check_later(partial(check, data, errors))
        if errors:
            lost = [key for key in keys if data is None or data.get(key) is None]
            report_root_errors(run, index, fetch.service, fields, lost, errors, data)
        for field in required:
            if root.get(field.source_key) is None and holds(field.include, run.variables):
                run.halted = True

    return merge


def _missing(
    service: str, keys: Mapping[str, Conditions], data: Mapping[str, Any], variables: Mapping[str, Any]
) -> list[SubgraphError]:
    """An answer has every root field it was asked for, be it as null."""
    absent = [(key,) for key, include in keys.items() if key not in data and holds(include, variables)]
    return unexplained(service, absent, None)


def unexplained(
    service: str, lacking: Iterable[ErrorPath], known: Sequence[SubgraphError] | None
) -> list[SubgraphError]:
    """Errors for what an answer lacks, but where one of its ``known`` errors stands at it or around it."""
    said = {error.path for error in known or () if error.path}
    return [
        _malformed(service, "lacks a field that was asked for", path)
        for path in lacking
        if not any(path[:length] in said for length in range(1, len(path) + 1))
    ]


@dataclass(frozen=True, slots=True)
class CompiledCall:
    """An ``EntityCall``, compiled."""

    response_key: str
    variable: str
    targets: tuple[Path, ...]
    included: Predicate | None
    collect: Callable[[dict[str, Any]], tuple[list[dict[str, Any]], list[list[dict[str, Any]]]]]
    merge: EntityMerge

    def is_included(self, variables: Mapping[str, Any]) -> bool:
        """Whether the conditions of the call hold."""
        return self.included is None or self.included(variables)


def compile_entity_fetch(fetch: EntityFetch, index: int, setting: Setting) -> Runner:
    """``index`` is the fetch's place in the printed plan. Whatever fails is among the run's errors.

    Entities are answered in the order of their representations, null for one that is not there (Federation subgraph
    spec, ``Query._entities``). An answer of another length is merged with none of them.
    """
    site = Site(index, fetch.service, compile_body(fetch.document, fetch.variables))
    answered, expected = answer_keys(fetch.document), Expected(fetch.document, setting.schema)
    compiled = [compile_call(call, answered, setting.sharing) for call in fetch.calls]

    def check_unasked(groups_of: Sequence[list[list[dict[str, Any]]]], run: Run) -> None:
        calls = zip(fetch.calls, compiled, groups_of, strict=True)
        sent = [(call, groups) for call, one, groups in calls if one.is_included(run.variables)]
        report_unasked(run, index, site.service, setting.fields, sent)

    def check(
        own: Mapping[str, Any],
        groups_of: Sequence[list[list[dict[str, Any]]]],
        data: dict[str, Any] | None,
        known: Sequence[SubgraphError] | None,
        run: Run,
    ) -> None:
        check_unasked(groups_of, run)
        if data is None:
            return
        lacking = (
            path
            for call in compiled
            for path in expected.lacking_of_entities(call.response_key, own[call.variable], data, run.variables)
        )
        found = unexplained(site.service, lacking, known)
        report_entity_errors(run, index, site.service, setting.fields, _asked(compiled, groups_of), found)

    async def run_entity_fetch(run: Run) -> None:
        own: dict[str, Any] = {}
        groups_of: list[list[list[dict[str, Any]]]] = []
        entities = 0
        for call in compiled:
            if call.included is None or call.included(run.variables):
                own[call.variable], groups = call.collect(run.root)
                entities += len(groups)
            else:
                own[call.variable], groups = [], []
            groups_of.append(groups)
        if not entities:
            run.check_later(partial(check_unasked, groups_of))
            return
        data, errors = await exchange(run, site, own, entities)
        if data is not None:
            reported = bool(errors)
            for call, groups in zip(compiled, groups_of, strict=True):
                faults = merge_call(call, groups, data, site.service, reported=reported)
                if faults:
                    errors = [*(errors or ()), *faults]
        run.check_later(partial(check, own, groups_of, data, errors))
        if errors:
            asked = _asked(compiled, groups_of)
            errors = [*errors, *lost_entities(site.service, asked, errors, data)]
            report_entity_errors(run, index, site.service, setting.fields, asked, errors, data)

    return run_entity_fetch


def _asked(calls: Iterable[CompiledCall], groups_of: Iterable[list[list[dict[str, Any]]]]) -> list[Asked]:
    sent = zip(calls, groups_of, strict=True)
    return [(call.response_key, call.targets, groups) for call, groups in sent if groups]


def lost_entities(
    service: str, asked: Sequence[Asked], errors: Sequence[SubgraphError], data: Mapping[str, Any] | None
) -> Iterator[SubgraphError]:
    """Errors for entities of which nothing came because of an error at another one, or at another call's.

    ``errors`` are those of the answer. One without a path, or with one that leads nowhere, is told of all entities.
    """
    named = {error.path[:2] if error.path else () for error in errors}
    if any(not path or path[0] not in {key for key, _, _ in asked} for path in named):
        return
    for key, _, groups in asked:
        if (data is not None and data.get(key) is not None) or (key,) in named:
            continue
        indices = {path[1] for path in named if path[0] == key}
        for path in [(key, index) for index in range(len(groups)) if index not in indices] if indices else [(key,)]:
            yield SubgraphError(f'The answer of subgraph "{service}" is null as a whole.', path, {"code": NO_DATA})


def merge_call(
    call: CompiledCall,
    groups: list[list[dict[str, Any]]],
    data: dict[str, Any],
    service: str,
    *,
    reported: bool,
) -> Sequence[SubgraphError]:
    """Merge the answer to one call; what is wrong with it, unless it is null and the subgraph ``reported`` errors."""
    key = call.response_key
    entities = data.get(key)
    if type(entities) is list:
        if len(entities) != len(groups):
            return [_malformed(service, f"has {len(entities)} entities for {len(groups)} representations", (key,))]
        if call.merge(groups, entities):
            return ()
        what = "has an entity that is not an object"
        wrong = [index for index, entity in enumerate(entities) if entity is not None and type(entity) is not dict]
        return [_malformed(service, what, (key, index)) for index in wrong]
    if not groups or (entities is None and reported):
        return ()
    return [_malformed(service, "has no list of entities", (key,))]


def _malformed(service: str, what: str, path: tuple[str | int, ...]) -> SubgraphError:
    return SubgraphError(f'The answer of subgraph "{service}" {what}.', path, {"code": MALFORMED})


def compile_call(call: EntityCall, answered: AnswerKeys, sharing: Sharing) -> CompiledCall:
    """A call of a fetch whose answers have the keys ``answered``."""
    find = compile_targets(call.targets)
    build = compile_build(call.representations)

    def collect(root: dict[str, Any]) -> tuple[list[dict[str, Any]], list[list[dict[str, Any]]]]:
        try:
            return build(find(root))
        except (KeyError, TypeError, AttributeError):
            return build_from_anything(collect_anything(root, call.targets), call.representations)

    keys = answered.below.get(call.response_key)
    return CompiledCall(
        call.response_key,
        call.representations_variable,
        call.targets,
        compile_conditions(call.include),
        collect,
        entity_merge(keys.composite if keys else frozenset(), isolate=sharing.must_isolate(call)),
    )
