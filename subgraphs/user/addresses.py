"""Rules of addresses: what a country needs, how its postcode looks, how an address is written on a parcel (D12)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from subgraphs.kernel.postal import COUNTRIES, CountryRule, rule_of
from subgraphs.kernel.refusals import Invalid, Refusal, Refusals
from subgraphs.user.domain import clean_text, e164

ADDRESSES_PER_USER: Final = 100
_LIMITS: Final = {"recipient": 200, "street": 255, "street2": 255, "city": 100, "state": 100, "zipCode": 20}


class AddressType(StrEnum):
    """What an address is for."""

    SHIPPING = "shipping"
    BILLING = "billing"


@dataclass(frozen=True, slots=True)
class AddressEntry:
    """An address as given, or checked: what a person writes down."""

    type: AddressType
    street: str
    city: str
    country: str
    recipient: str | None = None
    street2: str | None = None
    state: str | None = None
    zip_code: str | None = None
    phone: str | None = None
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """An entry of somebody's address book."""

    id: UUID
    user_id: UUID
    type: AddressType
    recipient: str | None
    street: str
    street2: str | None
    city: str
    state: str
    zip_code: str
    country: str
    phone: str | None
    is_default: bool

    def snapshot(self) -> Mapping[str, Any]:
        """What an order keeps of it for ever."""
        return {
            "recipient": self.recipient,
            "street": self.street,
            "street2": self.street2,
            "city": self.city,
            "state": self.state,
            "zip_code": self.zip_code,
            "country": self.country,
            "phone": self.phone,
        }

    def formatted(self) -> list[str]:
        """The lines on a parcel, in the country's order, without empty ones."""
        parts = {"city": self.city, "state": self.state, "zip_code": self.zip_code}
        local = [_tidy(line.format(**parts)) for line in rule_of(self.country).lines]
        return [line for line in (self.recipient, self.street, self.street2, *local, self.country) if line]


def country_code(raw: str, *, path: list[str]) -> str:
    """Return an ISO 3166-1 alpha-2 code; raise Invalid `UNKNOWN_COUNTRY`."""
    code = raw.strip().upper()
    if code not in COUNTRIES:
        raise Invalid("A country is an ISO 3166-1 code of two letters.", code="UNKNOWN_COUNTRY", path=path)
    return code


def required_fields(rule: CountryRule) -> list[str]:
    """GraphQL names of what an address of such a country must have."""
    fields = ["street", *(["city"] if rule.city_required else []), "country"]
    if rule.state_required:
        fields.append("state")
    if rule.postcode_required:
        fields.append("zipCode")
    return fields


def checked(entry: AddressEntry) -> AddressEntry:
    """Return the address as it will be stored; raise Refusals with everything that its country does not accept."""
    country = country_code(entry.country, path=["input", "country"])
    rule = rule_of(country)
    problems: list[Refusal] = []

    def keep(field: str, value: str | None) -> str:
        try:
            return clean_text(value or "", _LIMITS[field], path=["input", field])
        except Invalid as invalid:
            problems.append(invalid)
            return ""

    recipient, street2 = keep("recipient", entry.recipient), keep("street2", entry.street2)
    street, city = keep("street", entry.street), keep("city", entry.city)
    state, zip_code = keep("state", entry.state), keep("zipCode", entry.zip_code)
    phone: str | None = None
    if not problems:
        problems.extend(_missing(rule, {"street": street, "city": city, "state": state, "zipCode": zip_code}))
        state, zip_code = _state(rule, state, problems), _postcode(rule, zip_code, problems)
        phone = _phone(entry.phone, country, problems)
    if problems:
        raise Refusals(problems)
    return AddressEntry(
        entry.type, street, city, country, recipient or None, street2 or None, state, zip_code, phone, entry.is_default
    )


def _missing(rule: CountryRule, values: Mapping[str, str]) -> list[Refusal]:
    return [
        Invalid("This is required in this country.", code="REQUIRED", path=["input", field], constraint="required")
        for field in required_fields(rule)
        if field in values and not values[field]
    ]


def _state(rule: CountryRule, state: str, problems: list[Refusal]) -> str:
    """The state by its usual name where the country has a list, '' where it has none."""
    if not rule.has_states:
        return ""
    if rule.states is None or not state:
        return state
    known = rule.states.get(state.casefold())
    if known is None:
        message = "This country has no such state; addressRules lists them."
        problems.append(Invalid(message, code="UNKNOWN_STATE", path=["input", "state"], constraint="states"))
    return known or state


def _postcode(rule: CountryRule, zip_code: str, problems: list[Refusal]) -> str:
    """The postcode in upper case, '' where the country has none."""
    if rule.postcode == "":
        return ""
    candidate = zip_code.upper()
    if candidate and not rule.accepts_postcode(candidate):
        message = "This postcode does not fit the country."
        problems.append(Invalid(message, code="INVALID_POSTCODE", path=["input", "zipCode"], constraint=rule.postcode))
    return candidate


def _phone(raw: str | None, country: str, problems: list[Refusal]) -> str | None:
    try:
        return e164(raw, country, path=["input", "phone"])
    except Invalid as invalid:
        problems.append(invalid)
        return None


def _tidy(line: str) -> str:
    """Drop what empty parts leave behind."""
    return re.sub(r"\s+", " ", line).strip(" ,-")
