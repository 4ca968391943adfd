"""Cursors: opaque text that carries a sort order's name and one row's sort values.

``decode`` is strict: whatever it lets through is of the column's type and something that PostgreSQL can hold.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

_MAX_LENGTH = 4000  # the longest sort value is a name of 255 characters
_MAX_DIGITS = 30
_INTEGERS = range(-(2**31), 2**31)


class BadCursor(ValueError):  # noqa: N818 - for callers it is an answer
    """The text is no cursor of this order."""


def encode(name: str, values: Sequence[object]) -> str:
    """The cursor of a row with these values in the order called ``name``."""
    data = orjson.dumps([name, *values], default=str)
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(cursor: str, name: str, types: Sequence[type]) -> tuple[Any, ...] | None:
    """The sort values, one per type; None for a cursor of another order. Raises :class:`BadCursor`."""
    try:
        if len(cursor) > _MAX_LENGTH:
            raise BadCursor("too long")
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found, *values = orjson.loads(data)
        if not isinstance(found, str):
            raise BadCursor("no name")
        if found != name:
            return None
        return tuple(_READERS[type_](value) for type_, value in zip(types, values, strict=True))
    except (ValueError, TypeError, ArithmeticError, binascii.Error) as error:
        raise BadCursor(str(error)) from error


def _text(value: object) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise BadCursor("no text")
    return value


def _moment(value: object) -> dt.datetime:
    moment = dt.datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise BadCursor("no offset")
    return moment.astimezone(dt.UTC)


def _number(value: object) -> Decimal:
    number = Decimal(_text(value))
    if not number.is_finite() or abs(number.adjusted()) > _MAX_DIGITS:
        raise BadCursor("out of range")
    return number


def _integer(value: object) -> int:
    if type(value) is not int or value not in _INTEGERS:
        raise BadCursor("no integer")
    return value


def _float(value: object) -> float:
    if not isinstance(value, float) or not math.isfinite(value):
        raise BadCursor("no number")
    return value


_READERS: dict[type, Callable[[object], Any]] = {
    dt.datetime: _moment,
    dt.date: lambda value: dt.date.fromisoformat(_text(value)),
    UUID: lambda value: UUID(_text(value)),
    Decimal: _number,
    int: _integer,
    float: _float,
    str: _text,
}
