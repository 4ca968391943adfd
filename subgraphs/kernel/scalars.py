"""The scalars every subgraph has: DateTime and Date (ISO 8601), Decimal (a string with exact scale), JSON.

Annotate with ``datetime.datetime``, ``datetime.date``, ``decimal.Decimal`` and ``strawberry.scalars.JSON``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

_DECIMAL = re.compile(r"-?\d{1,20}(\.\d{1,10})?")


def _bad(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})


def _parse_datetime(value: Any) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _bad("DateTime is written like 2026-01-31T12:00:00+00:00.") from error
    if moment.tzinfo is None:
        raise _bad("DateTime needs an offset, like 2026-01-31T12:00:00+00:00 or ...Z.")
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError as error:
        raise _bad("DateTime lies in the years 1 to 9999 of UTC.") from error


def _serialize_datetime(value: dt.datetime) -> str:
    return value.isoformat()


def _parse_date(value: Any) -> dt.date:
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _bad("Date is written like 2026-01-31.") from error


def _serialize_date(value: dt.date) -> str:
    return value.isoformat()


def _parse_decimal(value: Any) -> Decimal:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _DECIMAL.fullmatch(text):
        raise _bad('Decimal is written as a string, like "12.50".')
    return Decimal(text)


def _serialize_decimal(value: Decimal | int | str) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _same(value: Any) -> Any:
    return value


SCALARS: Mapping[object, ScalarDefinition] = {
    dt.datetime: strawberry.scalar(
        name="DateTime",
        description="A moment with its offset, ISO 8601: 2026-01-31T12:00:00+00:00.",
        serialize=_serialize_datetime,
        parse_value=_parse_datetime,
    ),
    dt.date: strawberry.scalar(
        name="Date",
        description="A calendar day, ISO 8601: 2026-01-31.",
        serialize=_serialize_date,
        parse_value=_parse_date,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='An exact decimal number, written as a string so that no digit is lost: "12.50".',
        serialize=_serialize_decimal,
        parse_value=_parse_decimal,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        serialize=_same,
        parse_value=_same,
    ),
}
