"""Merging answers into the merged data."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import orjson

__all__ = ["EntityMerge", "entity_merge", "merge_object"]

Object = dict[str, Any]
EntityMerge = Callable[[Iterable[list[Object]], Iterable[Any]], bool]
"""Merges the entities that are objects; False when one was neither an object nor null."""


def merge_object(into: Object, new: Object) -> None:
    """Add what ``new`` knows: objects are merged deeply, lists item by item, and a null replaces nothing.

    Values of ``new`` become part of ``into`` without being copied. At most O(size of ``new``); what meets nothing to
    be merged with is not looked into.
    """
    for key, value in new.items():
        into[key] = _merged(into.get(key), value)


def _merged(old: Any, new: Any) -> Any:
    if new is None or new is old:
        return old
    if type(old) is dict and type(new) is dict:
        merge_object(old, new)
        return old
    if type(old) is list and type(new) is list:
        for index, item in enumerate(new):
            if index < len(old):
                old[index] = _merged(old[index], item)
            else:
                old.append(item)
        return old
    return new


def entity_merge(composite: frozenset[str], *, isolate: bool) -> EntityMerge:
    """How the entities of a call are merged into the groups of objects they were asked for.

    ``composite`` are the entity's keys that hold objects: only these can meet something to merge with deeply.
    With ``isolate`` no two objects of a group share parts of the answer, because a later call writes below one
    of them only: each gets a copy of the whole entity.
    """
    if not composite:
        return _merge_leaves

    def merge(group: list[Object], entity: Object) -> None:
        for item in group:
            if composite.isdisjoint(item):
                item.update(entity)
            else:
                merge_object(item, entity)

    return _per_entity(_merge_copies if isolate else merge)


def _merge_leaves(groups: Iterable[list[Object]], entities: Iterable[Any]) -> bool:
    sound = True
    for group, entity in zip(groups, entities, strict=True):
        if type(entity) is dict:
            for item in group:
                item.update(entity)
        elif entity is not None:
            sound = False
    return sound


def _per_entity(merge: Callable[[list[Object], Object], None]) -> EntityMerge:
    def merge_all(groups: Iterable[list[Object]], entities: Iterable[Any]) -> bool:
        sound = True
        for group, entity in zip(groups, entities, strict=True):
            if type(entity) is dict:
                merge(group, entity)
            elif entity is not None:
                sound = False
        return sound

    return merge_all


def _merge_copies(group: list[Object], entity: Object) -> None:
    """Answers are JSON, so the quickest deep copy is through its text."""
    try:
        text = orjson.dumps(entity)
    except orjson.JSONEncodeError:  # nested too deeply to be written: no response will hold it either
        return
    for item in group:
        merge_object(item, orjson.loads(text))
