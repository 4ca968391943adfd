"""Representations: which objects of the merged data an ``_entities`` call asks for, each distinct one once.

Two objects are the same entity when their representations are equal. Objects whose key is null or missing are left
out, and so are objects that no representation of the call is for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import orjson

from router.executor.errors import ErrorPath
from router.executor.source import Source
from router.executor.typenames import typename_of
from router.query_plan.nodes import Representation, RepresentationField, RepresentationSelection

__all__ = ["Build", "build_from_anything", "compile_build", "lacking_keys"]

Object = dict[str, Any]
Build = Callable[[Iterable[Any]], tuple[list[Object], list[list[Object]]]]
"""From objects to the representations to send and, for each, the objects it stands for."""

_BUILTINS: dict[str, Any] = {"list": list, "dumps": orjson.dumps, "KeyError": KeyError}


class _NoKey(Exception):  # noqa: N818 - says what the object is
    """A key, or a part of one, is null or missing."""


def compile_build(representations: Sequence[Representation]) -> Build:
    """Generated Python for objects that have every field; anything else raises KeyError, TypeError or AttributeError,
    and ``build_from_anything`` is the one to ask.

    Leaves are compared as Python compares them: 1, 1.0 and true are one value. What is built takes one pass over the
    objects, which are told apart by hash, however many are equal (Federation subgraph spec, ``Query._entities``).
    """
    source = Source(**_BUILTINS)
    lines = ["def build(objects):", " groups = {}", " sent = []", " for o in objects:"]
    if any(_needs_typename(representation) for representation in representations):
        lines.append("  t = o['__typename']")
    for number, representation in enumerate(representations):
        like = next(index for index, one in enumerate(representations) if _outline(one) == _outline(representation))
        body = _sending(source, representation, like, alone=len(representations) == 1)
        if representation.types is None:
            lines += [f"  {line}" for line in body]
            break
        lines.append(f"  {'elif' if number else 'if'} t in {source.constant('types', representation.types)}:")
        lines += [f"   {line}" for line in body]
    source.add([*lines, " return sent, list(groups.values())"])
    build: Build = source.build("build")
    return build


def _outline(representation: Representation) -> object:
    """What is sent, but for the values: two representations of one outline may send the same."""
    return representation.typename, [(field.name, bool(field.selections)) for field in representation.fields]


def _needs_typename(representation: Representation) -> bool:
    return representation.types is not None or representation.typename is None


def _sending(source: Source, representation: Representation, outline: int, *, alone: bool) -> list[str]:
    """Add the object ``o`` to its group, or make a group and a representation for it."""
    lines = []
    typename = "t" if representation.typename is None else repr(representation.typename)
    identity = [] if alone else [str(outline)]
    if representation.typename is None:
        identity.append("t")
    values = []
    for index, field in enumerate(representation.fields):
        value = f"f{index}"
        lines.append(f"{value} = o[{field.source_key!r}]")
        if field.is_key:
            lines.append(f"if {value} is None: continue")
        if field.selections:
            copy = source.constant("copy", _copier(field.selections))
            lines.append(f"{value} = {copy}({value})")
            identity.append(f"dumps({value})")
        else:
            identity.append(value)
        values.append(f"{field.name!r}: {value}")
    key = identity[0] if len(identity) == 1 else f"({', '.join(identity)}{',' if identity else ''})"
    return [
        *lines,
        f"k = {key}",
        "if k in groups: groups[k].append(o)",
        "else:",
        " groups[k] = [o]",
        f" sent.append({{{', '.join([repr('__typename') + ': ' + typename, *values])}}})",
    ]


def _copier(selections: tuple[RepresentationSelection, ...]) -> Callable[[Any], Any]:
    return lambda value: _strict_copy(value, selections)


def _strict_copy(value: Any, selections: tuple[RepresentationSelection, ...]) -> Any:
    """As ``_copy``, but what would be left out raises KeyError: the object needs a closer look."""
    try:
        return _copy(value, selections)
    except _NoKey as error:
        raise KeyError from error


def build_from_anything(
    objects: Iterable[Any], representations: Sequence[Representation]
) -> tuple[list[Object], list[list[Object]]]:
    """As ``compile_build``, for objects of any shape."""
    groups: dict[bytes, list[Object]] = {}
    sent = []
    for item in objects:
        built = _represent(item, representations)
        if built is not None:
            identity = orjson.dumps(built)
            if identity not in groups:
                groups[identity] = []
                sent.append(built)
            groups[identity].append(item)
    return sent, list(groups.values())


def _represent(item: Any, representations: Sequence[Representation]) -> Object | None:
    if type(item) is not dict:
        return None
    own = typename_of(item)
    for representation in representations:
        if representation.types is not None and own not in representation.types:
            continue
        typename = representation.typename or own
        if typename is None:
            return None
        try:
            return {"__typename": typename, **_copy_fields(item, representation.fields)}
        except _NoKey:
            return None
    return None


def _copy_fields(item: Object, fields: tuple[RepresentationField, ...]) -> Object:
    copied = {}
    for field in fields:
        value = item.get(field.source_key)
        if value is None and field.is_key:
            raise _NoKey
        if value is not None:
            copied[field.name] = _copy(value, field.selections) if field.selections else value
        elif field.source_key in item:
            copied[field.name] = None
    return copied


def _copy(value: Any, selections: tuple[RepresentationSelection, ...]) -> Any:
    """The selected fields of an object, or of each object of a list."""
    if type(value) is list:
        return [_copy(item, selections) for item in value]
    if type(value) is not dict:
        return None
    copied: Object = {}
    for selection in selections:
        if selection.types is None or typename_of(value) in selection.types:
            copied.update(_copy_fields(value, selection.fields))
    return copied


def lacking_keys(item: Object, representations: Sequence[Representation]) -> list[ErrorPath]:
    """Where, seen from an object, parts of the key that would be sent are null or missing."""
    own = typename_of(item)
    for representation in representations:
        if representation.types is None or own in representation.types:
            return list(_lacking(item, representation.fields, ()))
    return []


def _lacking(item: Object, fields: tuple[RepresentationField, ...], path: ErrorPath) -> Iterator[ErrorPath]:
    for field in fields:
        value, at = item.get(field.source_key), (*path, field.source_key)
        if value is None and field.is_key:
            yield at
        elif value is not None and field.selections:
            yield from _lacking_below(value, field.selections, at)


def _lacking_below(value: Any, selections: tuple[RepresentationSelection, ...], path: ErrorPath) -> Iterator[ErrorPath]:
    if type(value) is list:
        for index, item in enumerate(value):
            yield from _lacking_below(item, selections, (*path, index))
    elif type(value) is dict:
        for selection in selections:
            if selection.types is None or typename_of(value) in selection.types:
                yield from _lacking(value, selection.fields, path)
