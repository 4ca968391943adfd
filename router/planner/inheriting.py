"""Contexts: which objects above set the values that a field's arguments take from there.

The nearest object above that sets the context counts (https://specs.apollo.dev/context/v0.1), so where only some of the
types at a place do, the search goes on above for the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graphql import GraphQLSchema

from router.planner.conditions import both
from router.planner.operation import internal_fields
from router.planner.steps import Inherited, Position, Setter
from router.query_plan.nodes import Conditions
from router.supergraph import ContextArgument, FieldSet
from router.supergraph.field_set import possible_types

__all__ = ["find_setters", "include_above", "with_variables"]


def find_setters(schema: GraphQLSchema, position: Position, argument: ContextArgument) -> tuple[Setter, ...] | None:
    """The setters of a context above a position, nearest first; ``None`` when some objects have none above them.

    O(depth x types).
    """
    found: list[Setter] = []
    selections = dict(argument.selections)
    while position.parent is not None and not position.pinned:
        types = frozenset[str]().union(*(possible_types(schema, name) for name in position.parent_types))
        position = position.parent
        groups: dict[FieldSet, list[str]] = {}
        for name in sorted(types & selections.keys()):
            groups.setdefault(selections[name], []).append(name)
        if groups:
            values = ((frozenset(names), internal_fields(schema, fields)) for fields, names in groups.items())
            found.append(Setter(position, tuple(values)))
        if types <= selections.keys():
            return tuple(found)
    return None


def include_above(above: Position, position: Position, include: Conditions) -> Conditions | None:
    """When a field is included, seen from a position above it; ``None``: never."""
    found: Conditions | None = include
    while position is not above and found is not None and position.parent is not None:
        found = both(found, position.include)
        position = position.parent
    return found


def with_variables(arguments: str, contexts: Sequence[ContextArgument], inherited: Iterable[Inherited]) -> str:
    """Printed arguments with those that contexts fill."""
    added = ",".join(f"{one.name}:${value.name}" for one, value in zip(contexts, inherited, strict=True))
    if not added:
        return arguments
    return f"{arguments[:-1]},{added})" if arguments else f"({added})"
