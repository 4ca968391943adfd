"""Data of the address rules: the countries of ISO 3166-1, and for the common ones their postcodes and states (D12).

A country without a rule of its own takes any postcode and any state, neither required.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


def _codes(text: str) -> tuple[str, ...]:
    return tuple(text.split())


COUNTRIES: Final = frozenset(
    _codes(
        """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA
    CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA
    GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS
    MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS
    RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW
    TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """
    )
)
"""Officially assigned alpha-2 codes."""


@dataclass(frozen=True, slots=True)
class CountryRule:
    """How addresses of a country look.

    ``postcode`` is a pattern for the whole postcode; None means that any is taken, '' that the country has none.
    ``states`` are the codes to choose from; None means free text. ``lines`` is the order on a parcel.
    """

    postcode: str | None = None
    postcode_required: bool = False
    states: tuple[str, ...] | None = None
    state_required: bool = False
    has_states: bool = True
    lines: tuple[str, ...] = ("{zip_code} {city}", "{state}")


_WESTERN: Final = ("{city}, {state} {zip_code}",)
_BRITISH: Final = ("{city}", "{state}", "{zip_code}")


def _plain(postcode: str) -> CountryRule:
    """A country whose mail needs a postcode and no state: most of Europe."""
    return CountryRule(postcode, postcode_required=True, has_states=False, lines=("{zip_code} {city}",))


RULES: Final[dict[str, CountryRule]] = {
    "US": CountryRule(
        r"\d{5}(-\d{4})?",
        postcode_required=True,
        states=_codes(
            "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND "
            "OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI AA AE AP"
        ),
        state_required=True,
        lines=_WESTERN,
    ),
    "CA": CountryRule(
        r"[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d",
        postcode_required=True,
        states=_codes("AB BC MB NB NL NS NT NU ON PE QC SK YT"),
        state_required=True,
        lines=_WESTERN,
    ),
    "AU": CountryRule(
        r"\d{4}",
        postcode_required=True,
        states=_codes("ACT NSW NT QLD SA TAS VIC WA"),
        state_required=True,
        lines=("{city} {state} {zip_code}",),
    ),
    "BR": CountryRule(
        r"\d{5}-?\d{3}",
        postcode_required=True,
        states=_codes("AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO"),
        state_required=True,
        lines=("{city} - {state}", "{zip_code}"),
    ),
    "GB": CountryRule(r"(GIR ?0AA|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})", postcode_required=True, lines=_BRITISH),
    "IE": CountryRule(r"(D6W|[AC-FHKNPRTV-Y]\d{2}) ?[0-9AC-FHKNPRTV-Y]{4}", lines=_BRITISH),
    "NZ": CountryRule(r"\d{4}", postcode_required=True, has_states=False, lines=("{city} {zip_code}",)),
    "SG": CountryRule(r"\d{6}", postcode_required=True, has_states=False, lines=("{city} {zip_code}",)),
    "HK": CountryRule("", lines=("{city}", "{state}")),
    "AE": CountryRule("", states=_codes("AJ AZ DU FU RK SH UQ"), state_required=True, lines=("{city}", "{state}")),
    "QA": CountryRule("", has_states=False, lines=("{city}",)),
    "IT": CountryRule(r"\d{5}", postcode_required=True, lines=("{zip_code} {city} {state}",)),
    "ES": CountryRule(r"\d{5}", postcode_required=True),
    "MX": CountryRule(r"\d{5}", postcode_required=True, state_required=True, lines=("{zip_code} {city}, {state}",)),
    "IN": CountryRule(r"\d{6}", postcode_required=True, state_required=True, lines=("{city} {zip_code}", "{state}")),
    "CN": CountryRule(r"\d{6}", postcode_required=True, state_required=True, lines=("{zip_code} {city}", "{state}")),
    "JP": CountryRule(
        r"\d{3}-?\d{4}", postcode_required=True, state_required=True, lines=("{zip_code}", "{state} {city}")
    ),
    "KR": CountryRule(r"\d{5}", postcode_required=True, lines=("{city} {state}", "{zip_code}")),
    "ZA": CountryRule(r"\d{4}", postcode_required=True, has_states=False, lines=("{city}", "{zip_code}")),
    **dict.fromkeys(("AT", "BE", "CH", "DK", "HU", "LI", "LU", "NO", "SI", "BG"), _plain(r"\d{4}")),
    **dict.fromkeys(("DE", "FR", "FI", "EE", "HR", "MC"), _plain(r"\d{5}")),
    **dict.fromkeys(("SE", "CZ", "SK", "GR"), _plain(r"\d{3} ?\d{2}")),
    "NL": _plain(r"[1-9]\d{3} ?[A-Z]{2}"),
    "PL": _plain(r"\d{2}-\d{3}"),
    "PT": _plain(r"\d{4}-\d{3}"),
    "RO": _plain(r"\d{6}"),
    "LT": _plain(r"(LT-)?\d{5}"),
    "LV": _plain(r"(LV-)?\d{4}"),
    "IS": _plain(r"\d{3}"),
}

ANY_COUNTRY: Final = CountryRule()
