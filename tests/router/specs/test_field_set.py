"""Selections inside directive arguments."""

from __future__ import annotations

import pytest

from router.specs.context_value import parse_context_value
from router.specs.field_set import FieldSetSyntaxError, canonical_field_set, parse_field_set, print_field_set


def test_printing_is_one_line() -> None:
    assert print_field_set("{ id\n owner { ... on Person { name(short: true) } } }") == (
        "id owner { ... on Person { name(short: true) } }"
    )


def test_order_and_spacing_do_not_matter() -> None:
    assert canonical_field_set("b a { d  c }") == canonical_field_set("a{c d} b")


@pytest.mark.parametrize("text", ["", "{}", "a {", "a { }", "a } { b"])
def test_what_is_no_selection(text: str) -> None:
    with pytest.raises(FieldSetSyntaxError):
        parse_field_set(text)


def test_context_values() -> None:
    assert parse_context_value(" $shop { money }") == ("shop", "{ money }")
    assert parse_context_value("{ money }") is None
