"""Bounds on documents: measured with fragments expanded, in linear time, before anything is planned or fetched."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import OperationDefinitionNode, get_introspection_query, parse

from router.gateway.config import LimitsConfig
from router.gateway.limits import Size, measure


def size(text: str) -> Size:
    document = parse(text)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return measure(document, operation)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ a }", Size(1, 1, 0, 1)),
        ("{ a { b { c } d } }", Size(3, 4, 0, 1)),
        ("{ x: a y: b { z: c } a: a }", Size(2, 4, 3, 3)),
        ("{ ... { a ... on Q { b } } }", Size(1, 2, 0, 2)),
        ("{ ...F a } fragment F on Q { b { c } x: d }", Size(2, 4, 1, 3)),
        ("{ a { ...F } b { ...F } } fragment F on T { c }", Size(2, 4, 0, 2)),
        ("{ ...Missing }", Size(0, 0, 0, 0)),
    ],
)
def test_measure(text: str, expected: Size) -> None:
    assert size(text) == expected


def test_fragments_that_double_are_counted_not_expanded() -> None:
    chain = " ".join(f"fragment F{n} on Q {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60))
    assert size("{ ...F0 } " + chain + " fragment F60 on Q { a }").fields == 2**60


def test_fragment_cycles_end() -> None:
    assert size("{ ...A } fragment A on Q { a { ...B } } fragment B on Q { b { ...A } }").depth == 2


LIMITS = LimitsConfig(tokens=100, depth=3, aliases=2, root_fields=4, fields=6)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ person(id: 1) { friend { friend { id } } } }", "MAX_DEPTH_LIMIT"),
        ("{ a: hello b: hello c: hello }", "MAX_ALIASES_LIMIT"),
        ("{ hello hello hello hello hello }", "MAX_ROOT_FIELDS_LIMIT"),
        ("{ person(id: 1) { id id id id id id } }", "MAX_FIELDS_LIMIT"),
        ("{ " + "hello " * 100 + "}", "GRAPHQL_PARSE_FAILED"),
        ("{ hello } " + "#\n" * 101, "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_what_is_too_large_is_refused_before_any_fetch(serve: Any, village: Any, query: str, code: str) -> None:
    async with serve(limits=LIMITS) as client:
        answer = await client.ask(query)
    assert answer["errors"][0]["extensions"]["code"] == code
    assert village.asked == 0


async def test_the_limits_exceeded_are_named(serve: Any) -> None:
    async with serve(limits=LIMITS) as client:
        answer = await client.ask("{ a: hello b: hello c: hello }")
    assert answer["errors"][0]["message"] == "The operation's number of aliases is 3; at most 2 is allowed."


async def test_the_introspection_of_explorers_fits_the_default(client: Any) -> None:
    query = get_introspection_query(specified_by_url=True, schema_description=True, input_value_deprecation=True)
    assert "errors" not in await client.ask(query)
