"""What clients write as DateTime, Date and Decimal: exact values, or BAD_USER_INPUT before a database sees them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLError

from subgraphs.kernel.scalars import SCALARS


def parse(scalar: object, value: Any) -> Any:
    reader = SCALARS[scalar].parse_value
    assert reader is not None
    return reader(value)


@pytest.mark.parametrize(
    ("scalar", "text", "value"),
    [
        (dt.datetime, "2026-01-31T12:00:00Z", dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)),
        (dt.datetime, "2026-01-31T12:00:00+14:00", dt.datetime(2026, 1, 30, 22, tzinfo=dt.UTC)),
        (dt.date, "2026-01-31", dt.date(2026, 1, 31)),
        (Decimal, "12.50", Decimal("12.50")),
        (Decimal, 12, Decimal(12)),
    ],
)
def test_values_are_exact(scalar: object, text: Any, value: Any) -> None:
    assert parse(scalar, text) == value


@pytest.mark.parametrize(
    ("scalar", "junk"),
    [
        *((dt.datetime, junk) for junk in ("", "2026-01-31", "2026-01-31T12:00:00", "2026-02-30T00:00:00Z", 5, None)),
        (dt.datetime, "0001-01-01T00:00:00+14:00"),
        (dt.datetime, "9999-12-31T23:59:59-14:00"),
        *((dt.date, junk) for junk in ("", "2026-02-30", "31.1.2026", 5)),
        *((Decimal, junk) for junk in ("", "NaN", "1e5", "Infinity", " 1", 1.5, True, "1.12345678901")),
    ],
)
def test_junk_is_bad_user_input(scalar: object, junk: Any) -> None:
    with pytest.raises(GraphQLError) as refused:
        parse(scalar, junk)
    assert refused.value.extensions == {"code": "BAD_USER_INPUT"}
