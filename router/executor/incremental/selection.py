"""Which fields are delayed by which fragments, now that the variables are known.

As in graphql-core: a field is delayed by the usages of ``@defer`` of all its selections, without those nested in
another of them, and by none as soon as one selection of it is not deferred. A ``@defer`` that is off hands its fields
to the one around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from router.executor.conditions import holds
from router.query_plan.nodes import Defer, ResponseField

__all__ = ["NOT_DELAYED", "Selection", "Selector"]

UsageSet = frozenset[int]
NOT_DELAYED: UsageSet = frozenset()


class Selection(tuple[ResponseField, ...]):
    """The fields of an object that are delivered with what is around it. Their ``selections`` are of this class, too.

    Conditions are settled: every field here is included.
    """

    delayed: tuple[tuple[UsageSet, Selection], ...]
    """Fields of the same object that are delivered apart, by what delays them."""
    parts: frozenset[int]
    """The parts of the plan that fetch what is here, at any depth, delayed fields left out; with their parents."""

    @classmethod
    def of(
        cls,
        fields: Iterable[ResponseField],
        lineage: Sequence[frozenset[int]],
        delayed: Iterable[tuple[UsageSet, Selection]] = (),
    ) -> Selection:
        """``lineage`` holds for each part of the plan the part itself and those it goes on from."""
        made = cls(fields)
        made.delayed = tuple(delayed)
        parts = set(lineage[0])
        for field in made:
            parts |= lineage[field.part]
            if isinstance(field.selections, Selection):
                parts |= field.selections.parts
        made.parts = frozenset(parts)
        return made


class Selector:
    """Settles the response fields of one plan for values of the variables."""

    def __init__(self, defer: Defer) -> None:
        self._usages = defer.usages
        self._response = defer.response
        self._lineage = _lineage(defer)
        names = {usage.variable for usage in defer.usages if usage.variable is not None}
        self._gates = tuple(sorted(names))
        self._conditions = tuple(sorted(_condition_variables(defer.response)))

    def identity(self, variables: Mapping[str, Any]) -> tuple[bool, ...]:
        """Variables of equal identity give equal selections."""
        gates = [self._is_open(name, variables) for name in self._gates]
        return (*gates, *(variables.get(name, False) is True for name in self._conditions))

    def select(self, variables: Mapping[str, Any]) -> Selection:
        """The response's root selection."""
        active = [self._active(number, variables) for number in range(len(self._usages))]
        return self._select(self._response, NOT_DELAYED, active, variables)

    def _select(
        self,
        fields: Iterable[ResponseField],
        around: UsageSet,
        active: list[int | None],
        variables: Mapping[str, Any],
    ) -> Selection:
        own: list[ResponseField] = []
        delayed: dict[UsageSet, list[ResponseField]] = {}
        for field in fields:
            if not holds(field.include, variables):
                continue
            by = self._delayed_by(field, around, active, variables)
            below = self._select(field.selections, by, active, variables)
            settled = replace(field, include=(), selections=below)
            (own if by == around else delayed.setdefault(by, [])).append(settled)
        apart = [(by, Selection.of(found, self._lineage)) for by, found in delayed.items()]
        return Selection.of(own, self._lineage, apart)

    def _delayed_by(
        self, field: ResponseField, around: UsageSet, active: list[int | None], variables: Mapping[str, Any]
    ) -> UsageSet:
        if not field.delays:
            return around
        found: set[int] = set()
        for include, usage in field.delays:
            if holds(include, variables):
                by = None if usage is None else active[usage]
                if by is None:
                    return NOT_DELAYED
                found.add(by)
        return frozenset(usage for usage in found if not self._is_nested(usage, found))

    def _is_nested(self, usage: int, together: set[int]) -> bool:
        parent = self._usages[usage].parent
        while parent is not None:
            if parent in together:
                return True
            parent = self._usages[parent].parent
        return False

    def _active(self, number: int, variables: Mapping[str, Any]) -> int | None:
        """The usage itself, or the nearest one around it that is on."""
        usage: int | None = number
        while usage is not None:
            variable = self._usages[usage].variable
            if variable is None or self._is_open(variable, variables):
                return usage
            usage = self._usages[usage].parent
        return None

    def _is_open(self, variable: str, variables: Mapping[str, Any]) -> bool:
        """``@defer`` is on unless its variable says no: ``if`` has the default true."""
        return variables.get(variable, True) is not False


def _lineage(defer: Defer) -> list[frozenset[int]]:
    found = [frozenset((0,))]
    for number, part in enumerate(defer.deferred, 1):
        found.append(found[part.parent] | {number})
    return found


def _condition_variables(fields: Iterable[ResponseField]) -> set[str]:
    names: set[str] = set()
    for field in fields:
        conditions = [field.include, *(include for include, _ in field.delays)]
        names |= {name for include in conditions for alternative in include for name, _ in alternative}
        names |= _condition_variables(field.selections)
    return names
