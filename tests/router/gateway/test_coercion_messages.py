"""What clients read of values that cannot be coerced: GraphQL's words, whatever Python calls them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from graphql import OperationDefinitionNode, build_schema, parse, validate

from router.gateway.coercion_messages import of_literal, of_variable
from router.gateway.errors import RequestError, invalid_operation
from router.gateway.variables import Variables

SCHEMA = build_schema(
    """
    enum Color { RED GREEN }
    input Point { x: Int! color: Color inner: [Point!] }
    input One @oneOf { a: Int b: String }
    type Query {
      Int(a: Int): Int Float(a: Float): Int String(a: String): Int Boolean(a: Boolean): Int ID(a: ID): Int
      Color(a: Color): Int Point(a: Point): Int One(a: One): Int ints(a: [Int!]!): Int needs(a: Int!): Int
    }
    """
)
TYPES = ["Int", "Float", "String", "Boolean", "ID", "Color", "Point", "One"]
VALUES: list[Any] = [
    *(None, True, False, 1, 1.5, 10**40, "x", "RED", [], [None], [True], {}),
    *({"x": None}, {"x": True}, {"y": False}, {"x": 1, "color": True}, {"x": 1, "inner": [None]}, {"a": None}),
    {"a": 1, "b": None},
]
LITERALS = [
    *("null", "true", "1", "1.5", '"x"', "RED", "BLUE", "[null]", "[true]", "{}", "{x: null}", "{x: true}"),
    *("{x: 1, color: true}", "{x: 1, inner: [null]}", "{a: null}", "{a: 1, b: null}"),
]
PYTHON = re.compile(r"\b(None|True|False|str|int|dict|list|float|bool|NoneType)\b")


def refused(type_: str, value: Any) -> list[str]:
    (node,) = parse(f"query ($a: {type_}) {{ __typename }}").definitions
    assert isinstance(node, OperationDefinitionNode)
    try:
        Variables(SCHEMA, node.variable_definitions or (), hide_names=False).coerce({"a": value})
    except RequestError as error:
        return [one["message"] for one in error.errors]
    return []


@pytest.mark.parametrize("name", TYPES)
def test_variables(name: str) -> None:
    found = [
        message
        for form in ("{}", "{}!", "[{}!]", "[[{}]!]!")
        for value in VALUES
        for message in refused(form.format(name), value)
    ]
    assert len(found) > len(VALUES)
    assert [message for message in found if PYTHON.search(message)] == []


@pytest.mark.parametrize("field", [*TYPES, "ints", "needs"])
def test_literals(field: str) -> None:
    found = []
    for literal in LITERALS:
        errors = validate(SCHEMA, parse(f"{{ {field}(a: {literal}) }}"))
        if errors:
            refusal = invalid_operation("GRAPHQL_VALIDATION_FAILED", errors)
            found += [*(one["message"] for one in refusal.errors), str(refusal)]
    assert found
    assert [message for message in found if PYTHON.search(message)] == []


def test_what_the_client_wrote_stays() -> None:
    assert refused("Int", "None") == ["Variable '$a' has invalid value: Int cannot represent non-integer value: 'None'"]
    assert "['it\\'s True\"', null]" in of_variable("found: ['it\\'s True\"', None]")
    assert "{'True': true}" in of_variable("found: {'True': True}")
    assert of_variable('found: "it\'s None", None') == 'found: "it\'s None", null'
    (error,) = validate(SCHEMA, parse("{ Int(a: None) }"))
    assert of_literal(error.message) == "Int cannot represent non-integer value: None"
