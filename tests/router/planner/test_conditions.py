"""The algebra of conditions agrees with truth tables."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from router.planner.conditions import both, either, implies, relative
from router.query_plan.nodes import Conditions

NAMES = ("a", "b", "c")
terms = st.dictionaries(st.sampled_from(NAMES), st.booleans(), min_size=1, max_size=3)
conditions = st.lists(terms, max_size=3).map(
    lambda found: tuple(tuple(sorted(one.items())) for one in found),
)


def holds(condition: Conditions | None, values: dict[str, bool]) -> bool:
    if condition is None:
        return False
    return not condition or any(all(values[name] == value for name, value in one) for one in condition)


def rows() -> list[dict[str, bool]]:
    return [dict(zip(NAMES, values, strict=True)) for values in product((False, True), repeat=3)]


@given(conditions, conditions)
def test_both_and_either(left: Conditions, right: Conditions) -> None:
    for row in rows():
        assert holds(both(left, right), row) == (holds(left, row) and holds(right, row))
        assert holds(either(left, right), row) == (holds(left, row) or holds(right, row))


@given(conditions, conditions)
def test_relative_means_the_same_where_the_outer_holds(inner: Conditions, outer: Conditions) -> None:
    for row in rows():
        if holds(outer, row):
            assert holds(relative(inner, outer), row) == holds(inner, row)


@given(conditions, conditions)
def test_implies_is_sound(left: Conditions, right: Conditions) -> None:
    if implies(left, right):
        assert all(holds(right, row) for row in rows() if holds(left, row))


def test_opposites_cancel() -> None:
    assert either(((("a", True),),), ((("a", False),),)) == ()
    assert both(((("a", True),),), ((("a", False),),)) is None
