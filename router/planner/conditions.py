"""The algebra of ``Conditions``: ``@include`` and ``@skip`` (GraphQL spec §3.13.1 and §3.13.2) in disjunctive form.
``()`` holds always."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from router.planner.errors import PlanningBudgetError
from router.query_plan.nodes import Conditions

__all__ = ["ALWAYS", "both", "either", "implies", "relative", "variables"]

ALWAYS: Conditions = ()
_Alternative = tuple[tuple[str, bool], ...]
_Terms = frozenset[tuple[str, bool]]
_MOST = 64
"""Alternatives of one condition. Documents whose fields are selected under more are refused: comparing alternatives
takes time with the square of their number."""
_REMEMBERED = 4_096


@lru_cache(maxsize=_REMEMBERED)
def both(left: Conditions, right: Conditions) -> Conditions | None:
    """Both hold; ``None`` when they never do together.

    Raises ``PlanningBudgetError`` when more than ``_MOST`` alternatives are left. Each of one side is joined with each
    of the other, and what comes of it is compared among itself: the square of the product of their numbers at worst.
    """
    if not left or not right:
        return left or right
    if len(left) * len(right) > _MOST * _MOST:
        raise _too_many()
    joined = [found for one in left for other in right if (found := _join(one, other)) is not None]
    return _reduce(joined) if joined else None


@lru_cache(maxsize=_REMEMBERED)
def either(left: Conditions, right: Conditions) -> Conditions:
    """At least one holds. Raises ``PlanningBudgetError`` as ``both`` does."""
    if not left or not right or left == right:
        return ALWAYS if not left or not right else left
    return _reduce([*left, *right])


@lru_cache(maxsize=_REMEMBERED)
def implies(condition: Conditions, other: Conditions) -> bool:
    """Whether ``other`` holds wherever ``condition`` does (sound; exact for what documents write)."""
    if not other:
        return True
    return bool(condition) and all(any(set(small) <= set(one) for small in other) for one in condition)


@lru_cache(maxsize=_REMEMBERED)
def relative(condition: Conditions, outer: Conditions) -> Conditions:
    """What is left of ``condition`` to be said where ``outer`` is known to hold."""
    if implies(outer, condition):
        return ALWAYS
    if len(outer) != 1:
        return condition
    known = set(outer[0])
    opposite = {(name, not value) for name, value in known}
    left = [tuple(term for term in one if term not in known) for one in condition if not opposite & set(one)]
    return _reduce(left) if left else condition


def variables(condition: Conditions) -> frozenset[str]:
    """The variables it mentions."""
    return frozenset(name for alternative in condition for name, _ in alternative)


def _join(left: _Alternative, right: _Alternative) -> _Alternative | None:
    terms = dict(left)
    for name, value in right:
        if terms.setdefault(name, value) != value:
            return None
    return tuple(sorted(terms.items()))


def _too_many() -> PlanningBudgetError:
    return PlanningBudgetError(f"A field is selected under more than {_MOST} different conditions.")


def _reduce(alternatives: Iterable[_Alternative]) -> Conditions:
    """Drop what another alternative covers and merge those that differ in one variable's value only."""
    sets = dict.fromkeys(frozenset(one) for one in alternatives)
    while (pair := _opposites(sets)) is not None:
        one, other = pair
        del sets[one], sets[other]
        sets[one & other] = None
    kept = [one for one in sets if not any(other < one for other in sets)]
    if any(not one for one in kept):
        return ALWAYS
    if len(kept) > _MOST:
        raise _too_many()
    return tuple(sorted(tuple(sorted(one)) for one in kept))


def _opposites(sets: dict[_Terms, None]) -> tuple[_Terms, _Terms] | None:
    """Two sets of which one has a term and the other its opposite, and that are else equal."""
    for one in sets:
        for name, value in sorted(one):
            other = one ^ {(name, value), (name, not value)}
            if other in sets:
                return one, other
    return None
