"""Variables are coerced as graphql-core coerces them, value for value and refusal for refusal."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import OperationDefinitionNode, build_schema, parse
from graphql.execution.values import get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from router.gateway.errors import RequestError
from router.gateway.variables import Variables

SCHEMA = build_schema(
    """
    scalar Date
    enum Color { RED GREEN }
    input Point { x: Float! y: Float = 0.5 note: String tags: [Color!] }
    input Tree { id: ID! at: Point points: [Point!]! = [] children: [Tree] on: Date count: Int }
    input One @oneOf { a: Int b: String }
    type Query { any: Int }
    """
)
TYPES = ["Int", "Float", "String", "Boolean", "ID", "Date", "Color", "Point", "Tree", "One"]
WRAPPED = [form.format(name) for name in TYPES for form in ("{}", "{}!", "[{}]", "[{}!]!", "[[{}!]]")]
DEFAULTS = {
    "Int": "7",
    "Float": "1",
    "String": '"s"',
    "ID": "5",
    "Color": "RED",
    "Point": "{x: 1}",
    "[Color!]!": "[GREEN]",
    "[Tree]": '{id: "t", points: [{x: 2}]}',
    "Date": "{day: 1}",
}

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**31) - 1, 2**31),
    st.sampled_from([2**31, -(2**31), 2**31 - 1, 10**20]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["RED", "GREEN", "BLUE", "", "12"]),
)
points = st.fixed_dictionaries(
    {"x": st.one_of(st.floats(-9, 9), leaves)},
    optional={"y": leaves, "note": leaves, "tags": st.lists(leaves, max_size=2), "z": leaves},
)
trees = st.recursive(
    st.fixed_dictionaries({"id": st.sampled_from(["1", 1, None])}, optional={"at": points, "count": leaves}),
    lambda inner: st.fixed_dictionaries(
        {"id": st.just("2")},
        optional={"children": st.lists(inner, max_size=2), "points": st.lists(points, max_size=2), "on": leaves},
    ),
    max_leaves=4,
)
one_of = st.dictionaries(st.sampled_from(["a", "b"]), leaves, max_size=2)
scalars = st.one_of(leaves, points, trees, one_of)
values = st.one_of(scalars, st.lists(scalars, max_size=3), st.lists(st.lists(leaves, max_size=2), max_size=2))


def definition(variables: str) -> OperationDefinitionNode:
    (node,) = parse(f"query ({variables}) {{ any }}").definitions
    assert isinstance(node, OperationDefinitionNode)
    return node


def in_our_words(message: str) -> str:
    """No value here is a string with one of Python's words."""
    return message.replace("None", "null").replace("True", "true").replace("False", "false")


def outcome(declared: str, sent: dict[str, Any]) -> tuple[Any, Any]:
    """What we make of the values, and what graphql-core does; of refusals the messages."""
    node = definition(declared)
    expected = get_variable_values(SCHEMA, node.variable_definitions, sent, 20, True)
    theirs: Any = [in_our_words(e.message) for e in expected] if isinstance(expected, list) else expected.coerced
    try:
        ours: Any = Variables(SCHEMA, node.variable_definitions, True).coerce(sent)
    except RequestError as error:
        ours = [formatted["message"] for formatted in error.errors]
    return ours, theirs


@given(st.sampled_from(WRAPPED), st.one_of(st.just({}), values.map(lambda value: {"a": value})))
def test_any_value_of_any_type(declared: str, sent: dict[str, Any]) -> None:
    ours, theirs = outcome(f"$a: {declared}", sent)
    assert repr(sorted_keys(ours)) == repr(sorted_keys(theirs))  # 1 is not 1.0, True is not 1


@pytest.mark.parametrize("declared", DEFAULTS)
@pytest.mark.parametrize("sent", [{}, {"a": None}, {"a": 1}, {"a": "x"}])
def test_defaults(declared: str, sent: dict[str, Any]) -> None:
    ours, theirs = outcome(f"$a: {declared} = {DEFAULTS[declared]}, $b: Int", sent)
    assert repr(sorted_keys(ours)) == repr(sorted_keys(theirs))


def test_values_nobody_declared_are_dropped() -> None:
    assert outcome("$a: Int", {"a": 1, "b": 2}) == ({"a": 1}, {"a": 1})


def test_plain_values_are_not_made_again() -> None:
    tree = {"id": "1", "points": [{"x": 1.0, "y": 2.0}], "children": [{"id": "2", "points": []}], "on": "2026-01-01"}
    variables = Variables(SCHEMA, definition("$tree: Tree!").variable_definitions, True)
    assert variables.coerce({"tree": tree})["tree"] is tree


def sorted_keys(value: Any) -> Any:
    """The order of an object's keys means nothing."""
    if isinstance(value, dict):
        return {key: sorted_keys(value[key]) for key in sorted(value)}
    return [sorted_keys(item) for item in value] if isinstance(value, list) else value
