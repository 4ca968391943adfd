"""The algebra of ``Conditions``: ``@include`` and ``@skip`` in disjunctive form. ``()`` holds always."""

from __future__ import annotations

from router.query_plan.nodes import Conditions

__all__ = ["ALWAYS", "both", "either", "implies", "relative", "variables"]

ALWAYS: Conditions = ()
_Alternative = tuple[tuple[str, bool], ...]


def both(left: Conditions, right: Conditions) -> Conditions | None:
    """Both hold; ``None`` when they never do together."""
    if not left or not right:
        return left or right
    joined = [found for one in left for other in right if (found := _join(one, other)) is not None]
    return _reduce(joined) if joined else None


def either(left: Conditions, right: Conditions) -> Conditions:
    """At least one holds."""
    if not left or not right or left == right:
        return ALWAYS if not left or not right else left
    return _reduce([*left, *right])


def implies(condition: Conditions, other: Conditions) -> bool:
    """Whether ``other`` holds wherever ``condition`` does (sound; exact for what documents write)."""
    if not other:
        return True
    return bool(condition) and all(any(set(small) <= set(one) for small in other) for one in condition)


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


def _reduce(alternatives: list[_Alternative]) -> Conditions:
    """Drop what another alternative covers and merge those that differ in one variable's value only."""
    sets = list(dict.fromkeys(frozenset(one) for one in alternatives))
    while (merged := _merge_opposites(sets)) is not None:
        sets = merged
    kept = [one for one in sets if not any(other < one for other in sets)]
    if any(not one for one in kept):
        return ALWAYS
    return tuple(sorted(tuple(sorted(one)) for one in kept))


def _merge_opposites(sets: list[frozenset[tuple[str, bool]]]) -> list[frozenset[tuple[str, bool]]] | None:
    for index, one in enumerate(sets):
        for other in sets[index + 1 :]:
            difference = one ^ other
            if len(one) == len(other) and len(difference) == 2 and len({name for name, _ in difference}) == 1:
                rest = [found for found in sets if found not in (one, other)]
                return list(dict.fromkeys([*rest, one & other]))
    return None
