"""Addresses of an order: the copy that is kept with it, in one shape whatever it was made from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from subgraphs.kernel.refusals import Invalid, Refusal, Refusals

FIELDS = ("recipient", "street", "street2", "city", "state", "zip_code", "country", "phone")
"""Keys of the stored object; absent values are null, but state and zip_code are '' where a country has none."""

_NAMES = {field: "zipCode" if field == "zip_code" else field for field in FIELDS}
"""What clients call them."""

_REQUIRED = ("street", "city", "country")
_MAX_LENGTH = 255
_COUNTRY = re.compile(r"[A-Z]{2}")


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
    if address["country"] and not _COUNTRY.fullmatch(address["country"]):
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
    return address


def from_snapshot(snapshot: Mapping[str, Any]) -> dict[str, str | None]:
    """The stored copy of an address of the user service, whose names may be GraphQL's or SQL's."""
    values = {**snapshot, "zip_code": snapshot.get("zip_code", snapshot.get("zipCode"))}
    address: dict[str, str | None] = {field: _tidy(values.get(field)) for field in FIELDS}
    return {**address, "state": address["state"] or "", "zip_code": address["zip_code"] or ""}


def _tidy(value: Any) -> str | None:
    text = str(value).strip() if value is not None else ""
    return text or None
