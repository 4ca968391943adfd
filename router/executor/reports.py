"""Placing errors of a fetch in the client's response: at every position they concern."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from router.executor.answers import SubgraphError
from router.executor.errors import ErrorPath, format_error
from router.executor.locate import response_paths
from router.executor.run import Run
from router.executor.targets import positions
from router.query_plan.nodes import Path, ResponseField

__all__ = ["Asked", "Reporter", "report_entity_errors", "report_root_errors"]

_ENTITY = 2
"""Elements of the path to an entity in an answer."""

_UNKNOWN: Mapping[str, Any] = {}
Asked = tuple[str, Sequence[Path], list[list[dict[str, Any]]]]
"""A call that was sent: its response key, its targets, and the groups of objects in the order of its answer."""


class Reporter:
    """Formats the errors of one fetch once per response path."""

    def __init__(self, run: Run, index: int, service: str, fields: Sequence[ResponseField]) -> None:
        self._run = run
        self._index = index
        self._service = service
        self._fields = fields

    def paths(self, source_paths: Iterator[ErrorPath] | Sequence[ErrorPath]) -> list[ErrorPath]:
        """Every response path at which what stands at the source paths shows."""
        run = self._run
        found: dict[ErrorPath, None] = {}
        for path in source_paths:
            found.update(dict.fromkeys(response_paths(self._fields, run.root, path, run.variables)))
        return list(found)

    def add(self, error: SubgraphError, paths: Sequence[ErrorPath]) -> None:
        """``paths`` are response paths; without one the error is told of the whole response."""
        message, extensions = error.message, error.extensions
        if not error.own:
            message, extensions = self._run.context.policy.errors.present(self._service, message, extensions)
        extensions = {**extensions, "service": self._service}
        for path in paths or [()]:
            if self._run.has_enough_errors(self._index):
                return
            self._run.add_error(self._index, format_error(message, path, extensions))


def report_root_errors(
    run: Run,
    index: int,
    service: str,
    fields: Sequence[ResponseField],
    lost: Sequence[str],
    errors: Sequence[SubgraphError],
    data: Mapping[str, Any] | None = _UNKNOWN,
) -> None:
    """``lost`` are the root fields for which the answer has no value: an error without a path affects all of them,
    also those of which another subgraph gives a part. ``data`` is the answer's."""
    reporter = Reporter(run, index, service, fields)
    for error in errors:
        place = error.path or ()
        paths = reporter.paths([place]) if place else []
        above = _null_above(place, data)
        if data is None and place:
            run.lost.update(reporter.paths([(key,) for key in lost]))
            above = 1 if len(place) > 1 else 0
        if paths and above:
            run.lost.update(reporter.paths([place[:above]]))
            run.tell_later(partial(_tell_loss, index, service, fields, error, [(place, place[:above])]))
        else:
            reporter.add(error, paths or reporter.paths([(key,) for key in lost]))


def report_entity_errors(
    run: Run,
    index: int,
    service: str,
    fields: Sequence[ResponseField],
    asked: Sequence[Asked],
    errors: Sequence[SubgraphError],
    data: Mapping[str, Any] | None = None,
) -> None:
    """An error at ``_entities[i]`` concerns every object that entity was asked for; one without a usable path concerns
    all objects of its call, or of the request. ``data`` is the answer's."""
    reporter = Reporter(run, index, service, fields)
    places = {key: _places(run.root, targets) for key, targets, _ in asked}
    for error in errors:
        if run.has_enough_errors(index):
            return
        path = error.path or ()
        found = list(_source_paths(path, asked, places))
        above = _null_above(path, data)
        if above >= _ENTITY:
            around = list(_source_paths(path[:above], asked, places))
            run.lost.update(reporter.paths(around))
            pairs = [*zip(found, around, strict=True)]
            run.tell_later(partial(_tell_loss, index, service, fields, error, pairs))
        else:
            reporter.add(error, reporter.paths(found))


def _tell_loss(
    index: int,
    service: str,
    fields: Sequence[ResponseField],
    error: SubgraphError,
    places: Sequence[tuple[ErrorPath, ErrorPath]],
    run: Run,
) -> None:
    """Tell an error that took something above it along; ``places`` are its own, each with that of what is null.

    In the end something may stand where the error shows: another subgraph told it, sooner or later, or the client did
    not ask for what is below it. An error there would explain nothing, so it is told at what is null.
    """
    reporter = Reporter(run, index, service, fields)
    found: dict[ErrorPath, None] = {}
    for place, above in places:
        for path in reporter.paths([place]):
            told = _has_value(run.root, place[: len(path)])
            found.update(dict.fromkeys(reporter.paths([above]) if told else [path]))
    reporter.add(error, list(found))


def _null_above(path: ErrorPath, data: Mapping[str, Any] | None) -> int:
    """How long the path to the null is that an error has caused above its own place in an answer; 0: there is none."""
    value: Any = data
    for passed, element in enumerate(path):
        if value is None:
            return passed
        if not _holds(value, element):
            return 0
        value = value[element]
    return 0


def _holds(value: Any, element: str | int) -> bool:
    if type(value) is dict:
        return element in value
    return type(value) is list and type(element) is int and 0 <= element < len(value)


def _has_value(root: Any, place: ErrorPath) -> bool:
    """Whether something stands at a source path."""
    value = root
    for element in place:
        if not _holds(value, element):
            return False
        value = value[element]
    return value is not None


def _places(root: dict[str, Any], targets: Sequence[Path]) -> Mapping[int, list[ErrorPath]]:
    """By identity, every source path at which an object stands."""
    places: dict[int, list[ErrorPath]] = {}
    for target in targets:
        for path, item in positions(root, target):
            places.setdefault(id(item), []).append(path)
    return places


def _source_paths(
    path: ErrorPath, asked: Sequence[Asked], places: Mapping[str, Mapping[int, list[ErrorPath]]]
) -> Iterator[ErrorPath]:
    named = [call for call in asked if path and call[0] == path[0]]
    for key, _, groups in named or asked:
        entity = path[1] if named and len(path) > 1 else None
        if isinstance(entity, int) and 0 <= entity < len(groups):
            concerned, rest = [groups[entity]], path[2:]
        else:
            concerned, rest = groups, ()
        seen = dict.fromkeys(id(item) for group in concerned for item in group)
        for identity in seen:
            for place in places[key].get(identity, ()):
                yield (*place, *rest)
