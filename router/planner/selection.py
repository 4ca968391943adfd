"""The selection sets of documents being built for subgraphs, and their printed form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from router.planner.conditions import ALWAYS, either, relative
from router.planner.operation import Field
from router.query_plan.nodes import Conditions

__all__ = ["SelectedField", "SelectionSet"]

_Guard = frozenset[str] | None


@dataclass(eq=False, slots=True)
class SelectedField:
    """One field of a subgraph document."""

    key: str
    name: str
    arguments: str
    """With the directives for the subgraph, printed."""
    guard: _Guard
    """The type conditions it stands under; ``None``: none is needed."""
    include: Conditions
    selections: SelectionSet | None

    def widen(self, include: Conditions) -> None:
        """Include it also when ``include`` holds."""
        self.include = either(self.include, include)


class SelectionSet:
    """A growing selection set. Fields keep the order in which they were first asked for."""

    def __init__(self) -> None:
        self.fields: dict[tuple[str, _Guard], SelectedField] = {}
        self.typename: Conditions | None = None
        """When ``__typename`` is selected; ``None``: never."""

    def add(
        self,
        field: Field,
        key: str,
        guard: _Guard,
        include: Conditions,
        *,
        composite: bool,
        arguments: str | None = None,
    ) -> SelectedField:
        """Select a field under ``key``; a field selected before is included in both cases.

        ``arguments`` are its printed arguments when the subgraph takes more than the client gives.
        """
        known = self.fields.get((key, guard))
        if known is None:
            below = SelectionSet() if composite else None
            printed = (field.arguments if arguments is None else arguments) + field.directives
            known = SelectedField(key, field.name, printed, guard, include, below)
            self.fields[key, guard] = known
        else:
            known.widen(include)
        return known

    def add_typename(self, include: Conditions) -> None:
        """Select ``__typename``."""
        self.typename = include if self.typename is None else either(self.typename, include)

    def include(self) -> Conditions:
        """When anything of it is selected."""
        conditions = [field.include for field in self.fields.values()]
        if self.typename is not None:
            conditions.append(self.typename)
        if not conditions:
            return ALWAYS
        include = conditions[0]
        for other in conditions[1:]:
            include = either(include, other)
        return include

    def size(self) -> int:
        """How many fields it selects, at any depth."""
        return sum(1 + (field.selections.size() if field.selections else 0) for field in self.fields.values())

    def print(self, outer: Conditions = ALWAYS) -> str:
        """``{a b{c}...on T{d}}``; ``outer`` is known to hold where it is sent.

        A field with selections that is included in several cases is printed once for each: so the alternatives on the
        way down multiply.
        """
        return "{" + " ".join(self._parts(outer)) + "}"

    def _parts(self, outer: Conditions) -> Iterator[str]:
        if self.typename is not None:
            yield from _conditional("__typename", self.typename, outer)
        elif not self.fields:
            yield "__typename"
        for field in self.fields.values():
            if field.guard is None:
                yield from _print_field(field, outer)
        for name in self._guards():
            inner = [part for field in self._under(name) for part in _print_field(field, outer)]
            yield f"...on {name}{{{' '.join(inner)}}}"

    def _guards(self) -> list[str]:
        return list(dict.fromkeys(name for field in self.fields.values() for name in sorted(field.guard or ())))

    def _under(self, name: str) -> Iterator[SelectedField]:
        return (field for field in self.fields.values() if field.guard is not None and name in field.guard)


def _print_field(field: SelectedField, outer: Conditions) -> Iterator[str]:
    head = (field.name if field.key == field.name else f"{field.key}:{field.name}") + field.arguments
    include = relative(field.include, outer)
    if field.selections is None:
        yield from _conditional(head, include, ALWAYS)
    elif len(include) > 1:
        for alternative in include:
            one = (alternative,)
            yield from _conditional(head, one, ALWAYS, field.selections.print(_known(one, outer)))
    else:
        yield from _conditional(head, include, ALWAYS, field.selections.print(_known(include, outer)))


def _known(include: Conditions, outer: Conditions) -> Conditions:
    """What is known below a field: its own condition, with the outer one where both are single alternatives."""
    if not include:
        return outer
    if len(include) == 1 and len(outer) == 1:
        return (tuple(sorted({*include[0], *outer[0]})),)
    return include


def _conditional(head: str, include: Conditions, outer: Conditions, tail: str = "") -> Iterator[str]:
    include = relative(include, outer)
    if not include:
        yield head + tail
    for alternative in include:
        yield _directed(head, alternative, tail)


def _directed(head: str, alternative: tuple[tuple[str, bool], ...], tail: str) -> str:
    """A directive may stand once on a field, so further ones go on inline fragments around it."""
    first: dict[bool, str] = {}
    rest: list[tuple[str, bool]] = []
    for name, value in alternative:
        if value in first:
            rest.append((name, value))
        else:
            first[value] = name
    text = head + "".join(_directive(name, value) for value, name in first.items()) + tail
    for name, value in rest:
        text = f"...{_directive(name, value)}{{{text}}}"
    return text


def _directive(name: str, value: bool) -> str:
    return f"@{'include' if value else 'skip'}(if:${name})"
