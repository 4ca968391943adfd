"""What a list's filter may hold: texts that can be looked for, and lists with a maximum (S-118).

``path`` is the input's place below the field's arguments; a refusal tells it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from subgraphs.kernel.refusals import Invalid

MAX_FILTER_TEXT = 500  # longer than every column that a filter compares with
MAX_FILTER_VALUES = 250

T = TypeVar("T")


def filter_text(given: str | None, *path: str) -> str | None:
    """The text; Invalid ``FILTER_TEXT_INVALID`` for one that no row could have: PostgreSQL's text has no NUL."""
    if given is not None and (len(given) > MAX_FILTER_TEXT or "\x00" in given):
        raise Invalid(
            f"A text to filter by has at most {MAX_FILTER_TEXT} characters, none of them NUL.",
            code="FILTER_TEXT_INVALID",
            path=path,
        )
    return given


def filter_values(given: Sequence[T], *path: str, most: int = MAX_FILTER_VALUES) -> tuple[T, ...]:
    """The accepted values; Invalid ``FILTER_TOO_LARGE`` for more than a filter may have."""
    if len(given) > most:
        raise Invalid(f"A filter has at most {most} values here.", code="FILTER_TOO_LARGE", path=path)
    return tuple(given)
