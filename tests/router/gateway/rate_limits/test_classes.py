"""What an operation counts, and in which class."""

from __future__ import annotations

import logging

import pytest
from graphql import build_schema

from router.gateway.config import FieldRateConfig, LimitsConfig, RateLimitsConfig
from router.gateway.operations import OperationReader
from router.gateway.rate_limits import RateClasses

SCHEMA = build_schema(
    """
    schema { query: Query mutation: Change subscription: Subscription }
    type Query { a: Int b: Thing }
    type Thing { a: Int }
    type Change { login(name: String): Thing register: Int add: Int }
    type Subscription { a: Int }
    """
)
SETTINGS = RateLimitsConfig(
    "redis://unused",
    fields={
        "credentials": FieldRateConfig(5, fields=("Change.login", "Change.register")),
        "slow": FieldRateConfig(5, fields=("Query.b",)),
    },
)


@pytest.mark.parametrize(
    ("text", "costs"),
    [
        ("{ a }", {"query": 1}),
        ("{ a other: a a }", {"query": 2}),
        ("{ b { a } }", {"slow": 1}),
        ("{ x: b { a } b { x: a y: a } a __typename }", {"slow": 2, "query": 2}),
        ("{ a ...F ... { b: a ...F } } fragment F on Query { a c: a ...G } fragment G on Query { d: a }", {"query": 4}),
        ("{ a @skip(if: true) c: a @include(if: false) }", {"query": 2}),
        ("mutation { add }", {"mutation": 1}),
        ("mutation { login { a } }", {"credentials": 1}),
        ("mutation { " + " ".join(f'l{n}: login(name: "{n}") {{ a }}' for n in range(25)) + " }", {"credentials": 25}),
        (
            "mutation { add register ...F } fragment F on Change { x: login { a } add2: add }",
            {"mutation": 2, "credentials": 2},
        ),
        ("subscription { a }", {"subscription": 1}),
    ],
)
def test_each_root_field_counts_once_in_one_class(text: str, costs: dict[str, int]) -> None:
    document, definition, _ = OperationReader(SCHEMA, LimitsConfig(), introspection=True).read(text, None)
    charges = RateClasses(SETTINGS, SCHEMA).charges(document, definition)
    assert {charge.rates.name: charge.cost for charge in charges} == costs


def test_only_the_operation_that_is_meant_counts() -> None:
    text = "query A { a } mutation B { ...F } fragment F on Change { login { a } }"
    document, definition, _ = OperationReader(SCHEMA, LimitsConfig(), introspection=True).read(text, "A")
    (charge,) = RateClasses(SETTINGS, SCHEMA).charges(document, definition)
    assert (charge.rates.name, charge.cost) == ("query", 1)


def test_a_field_that_nobody_has_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="router.rates"):
        RateClasses(SETTINGS, SCHEMA)
        assert caplog.messages == []
        RateClasses(RateLimitsConfig("x", fields={"c": FieldRateConfig(5, fields=("Mutation.login",))}), SCHEMA)
    assert caplog.messages == ["rate_limits.fields names Mutation.login: no root field of the supergraph."]
