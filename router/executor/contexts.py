"""Contexts: what the objects above an entity say for the variables of its call, and entities grouped by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from router.executor.conditions import holds
from router.executor.typenames import typename_of
from router.query_plan.nodes import (
    ContextSource,
    ContextVariable,
    EntityCall,
    Items,
    OnTypes,
    Path,
    RepresentationSelection,
)

__all__ = ["Values", "grouped_by_values"]

Object = dict[str, Any]
Values = dict[str, Any]
"""Context variable to value."""


class _Unknown(Exception):  # noqa: N818 - says what the value is
    """The value could not be fetched."""


def grouped_by_values(
    call: EntityCall, root: Object, variables: Mapping[str, Any]
) -> list[tuple[Values, list[Object]]]:
    """The objects at a call's targets, by the values of its context variables, in the order of the first of each.

    Objects whose values could not be fetched are left out: they must not be asked for with a wrong value.
    O(objects x (depth of the path + context variables)).
    """
    groups: dict[bytes, tuple[Values, list[Object]]] = {}
    for target in call.targets:
        for trail in _trails(root, target, 0, (root,)):
            try:
                values = {one.name: _value(one, trail, variables) for one in call.contexts}
            except _Unknown:
                continue
            groups.setdefault(orjson.dumps(list(values.values())), (values, []))[1].append(trail[-1])
    return list(groups.values())


def _trails(value: Any, path: Path, index: int, trail: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """For each object at a path, the values on the way to it, one per path element; data of any shape."""
    if index == len(path):
        if type(value) is dict:
            yield trail
        return
    element = path[index]
    if isinstance(element, Items):
        for item in value if type(value) is list else ():
            yield from _trails(item, path, index + 1, (*trail, item))
    elif type(value) is dict:
        if not isinstance(element, OnTypes):
            below = value.get(element)
            yield from _trails(below, path, index + 1, (*trail, below))
        elif typename_of(value) in element.types:
            yield from _trails(value, path, index + 1, (*trail, value))


def _value(variable: ContextVariable, trail: Sequence[Any], variables: Mapping[str, Any]) -> Any:
    if not holds(variable.include, variables):
        return None
    for source in variable.sources:
        found = _selection(source, trail[-1 - source.up])
        if found is not None:
            return _read(trail[-1 - source.up], found)
    raise _Unknown


def _selection(source: ContextSource, above: Any) -> RepresentationSelection | None:
    return _matching(source.selections, above) if type(above) is dict else None


def _matching(selections: Sequence[RepresentationSelection], value: Object) -> RepresentationSelection | None:
    for selection in selections:
        if selection.types is None or typename_of(value) in selection.types:
            return selection
    return None


def _read(value: Object, selection: RepresentationSelection) -> Any:
    """The leaf that a selection leads to; null where an object on the way is null, or of a type without the leaf."""
    for field in selection.fields:
        if field.name == "__typename":
            continue
        if field.source_key not in value:
            raise _Unknown
        inner = value[field.source_key]
        if not field.selections:
            return inner
        below = _matching(field.selections, inner) if type(inner) is dict else None
        return None if below is None else _read(inner, below)
    return None
