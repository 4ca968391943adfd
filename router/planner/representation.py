"""How representations and contexts are read from the merged data, as nodes of the plan."""

from __future__ import annotations

from collections.abc import Iterable

from router.planner.conditions import ALWAYS, relative
from router.planner.deferring import Block
from router.planner.operation import Field
from router.planner.steps import Entry, Position, Setter, Step
from router.query_plan.nodes import (
    Conditions,
    ContextSource,
    ContextVariable,
    Representation,
    RepresentationField,
    RepresentationSelection,
)

__all__ = ["context_variables", "representations"]

_TYPENAME = RepresentationField("__typename", "__typename", is_key=False)


def representations(step: Step) -> tuple[Representation, ...]:
    """The representations of an entity step, one per group of types that are sent alike; none for root fields.

    What is sent for the position's own type stands last: it is for all objects that nothing else is sent for.
    """
    position = step.position
    groups: dict[tuple[str | None, tuple[RepresentationField, ...]], list[str]] = {}
    for name, entry in step.entries.items():
        groups.setdefault((entry.typename, _entry_fields(position, name, entry, step.block)), []).append(name)
    found = []
    for (typename, fields), names in sorted(groups.items(), key=lambda group: position.type in group[1]):
        types = frozenset(names)
        everything = position.type in types or (typename is not None and types >= position.possible)
        found.append(Representation(None if everything else types, typename, fields))
    return tuple(found)


def context_variables(step: Step, known: Conditions) -> tuple[ContextVariable, ...]:
    """The variables of an entity step that are filled from above; ``known`` holds where it is sent."""
    return tuple(
        ContextVariable(
            found.name,
            found.type,
            tuple(_context_source(setter, step, last=setter is found.setters[-1]) for setter in found.setters),
            relative(found.include or ALWAYS, known),
        )
        for found in step.inherited.values()
    )


def _context_source(setter: Setter, step: Step, *, last: bool) -> ContextSource:
    """Behind the last setter there is nothing more to look for, so its objects need not be told apart by type."""
    position = setter.position
    groups: dict[tuple[RepresentationField, ...], list[str]] = {}
    for types, fields in setter.values:
        for name in sorted(types):
            groups.setdefault(_fields(position, fields, name, None, step.block), []).append(name)
    alike = last and len(groups) == 1
    selections = (
        RepresentationSelection(None if alike else frozenset(names), found) for found, names in groups.items()
    )
    return ContextSource(len(step.position.path) - len(position.path), tuple(selections))


def _entry_fields(position: Position, type_name: str, entry: Entry, block: Block) -> tuple[RepresentationField, ...]:
    keys = frozenset(field.name for field in entry.keys)
    return _fields(position, (*entry.keys, *entry.required), type_name, keys, block)


def _fields(
    position: Position, fields: Iterable[Field], type_name: str, keys: frozenset[str] | None, block: Block
) -> tuple[RepresentationField, ...]:
    """``keys`` are the names of key fields here; ``None``: the names here are as the field above says."""
    by_name: dict[str, list[Field]] = {}
    for field in fields:
        if field.types is None or type_name in field.types:
            by_name.setdefault(field.name, []).append(field)
    found = []
    for name, same in by_name.items():
        part = position.placed(same[0], type_name, block) or position.placed(same[0], position.type, block)
        if part is None:
            continue
        is_key = keys is not None and name in keys
        below = [child for field in same for child in field.selections]
        nested_keys = None
        if is_key:
            first = [child.name for field in same if field.selections for child in field.selections]
            nested_keys = frozenset(first)
        selections = () if part.below is None else _selections(part.below, below, nested_keys, block)
        found.append(RepresentationField(name, part.key, is_key, selections))
    return tuple(found)


def _selections(
    position: Position, fields: list[Field], keys: frozenset[str] | None, block: Block
) -> tuple[RepresentationSelection, ...]:
    if len(position.possible) == 1 and position.type in position.possible:
        return (RepresentationSelection(None, _fields(position, fields, position.type, keys, block)),)
    groups: dict[tuple[RepresentationField, ...], list[str]] = {}
    for name in sorted(position.possible):
        groups.setdefault(_fields(position, fields, name, keys, block), []).append(name)
    if position.is_opaque(block):
        return tuple(RepresentationSelection(None, found) for found in groups)
    return tuple(
        RepresentationSelection(None if len(groups) == 1 else frozenset(names), (_TYPENAME, *found))
        for found, names in groups.items()
    )
