"""Addresses of an order: the copy that is kept with it, in one shape whatever it was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from subgraphs.kernel.postal import COUNTRIES, rule_of
from subgraphs.kernel.refusals import Invalid, Refusal, Refusals

FIELDS = ("recipient", "street", "street2", "city", "state", "zip_code", "country", "phone")
"""Keys of the stored object; absent values are null, but state and zip_code are '' where a country has none."""

_NAMES = {field: "zipCode" if field == "zip_code" else field for field in FIELDS}
"""What clients call them."""

_REQUIRED = ("street", "country")
_MAX_LENGTH = 255


def checked_address(values: Mapping[str, Any], path: Sequence[str]) -> dict[str, str | None]:
    """The stored copy of an address given by the buyer; raises Refusals naming every unacceptable field."""
    address: dict[str, str | None] = {field: _tidy(values.get(field)) for field in FIELDS}
    address["state"] = address["state"] or ""
    address["zip_code"] = address["zip_code"] or ""
    problems: list[Refusal] = [
        Invalid(f"{_NAMES[field]} is required.", code="ADDRESS_FIELD_REQUIRED", path=[*path, _NAMES[field]])
        for field in _REQUIRED
        if not address[field]
    ]
    problems += [
        Invalid(
            f"{_NAMES[field]} is too long.",
            code="ADDRESS_FIELD_TOO_LONG",
            path=[*path, _NAMES[field]],
            constraint="255",
        )
        for field, value in address.items()
        if value is not None and len(value) > _MAX_LENGTH
    ]
    problems += [
        Invalid(f"{_NAMES[field]} is no text.", code="ADDRESS_FIELD_INVALID", path=[*path, _NAMES[field]])
        for field, value in address.items()
        if value is not None and "\x00" in value
    ]
    if address["country"] and address["country"] not in COUNTRIES:
        problems.append(
            Invalid(
                "country is an ISO 3166-1 alpha-2 code.",
                code="COUNTRY_INVALID",
                path=[*path, "country"],
                constraint="^[A-Z]{2}$",
            )
        )
    if problems:
        raise Refusals(problems)
    return _fitted(address, path)


def _fitted(address: dict[str, str | None], path: Sequence[str]) -> dict[str, str | None]:
    """The address as its country writes it; raises Refusals for what the country needs or does not know."""
    rule = rule_of(str(address["country"]))
    state, zip_code = address["state"] or "", (address["zip_code"] or "").upper()
    required = {"city": rule.city_required, "state": rule.state_required, "zip_code": rule.postcode_required}
    problems: list[Refusal] = [
        Invalid(f"{_NAMES[field]} is required.", code="ADDRESS_FIELD_REQUIRED", path=[*path, _NAMES[field]])
        for field, needed in required.items()
        if needed and not address[field]
    ]
    if zip_code and rule.postcode != "" and not rule.accepts_postcode(zip_code):
        problems.append(_unfit("zip_code", path, rule.postcode))
    known = rule.states.get(state.casefold()) if rule.states is not None else state
    if state and rule.has_states and known is None:
        problems.append(_unfit("state", path, "states"))
    if problems:
        raise Refusals(problems)
    return {
        **address,
        "city": address["city"] or "",
        "state": (known or "") if rule.has_states else "",
        "zip_code": "" if rule.postcode == "" else zip_code,
    }


def _unfit(field: str, path: Sequence[str], constraint: str | None) -> Invalid:
    name = _NAMES[field]
    message = f"{name} does not fit the country; addressRules says what does."
    return Invalid(message, code="ADDRESS_FIELD_INVALID", path=[*path, name], constraint=constraint)


def from_snapshot(snapshot: Mapping[str, Any]) -> dict[str, str | None]:
    """The stored copy of an address of the user service, whose names may be GraphQL's or SQL's."""
    values = {**snapshot, "zip_code": snapshot.get("zip_code", snapshot.get("zipCode"))}
    address: dict[str, str | None] = {field: _tidy(values.get(field)) for field in FIELDS}
    return {**address, "state": address["state"] or "", "zip_code": address["zip_code"] or ""}


def _tidy(value: Any) -> str | None:
    text = str(value).strip() if value is not None else ""
    return text or None
