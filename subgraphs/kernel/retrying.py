"""When a refused caller may try again, told beside the answer: the schema's errors have no place for it (shop.md §4).

A response that holds such a refusal has ``extensions.retryAfterSeconds`` and the header ``Retry-After``: the longest
wait of its refusals. A router that forwards the extension answers its clients both.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from subgraphs.kernel.refusals import Refusal

EXTENSION: Final = "retryAfterSeconds"
_told: ContextVar[list[int] | None] = ContextVar("retry_told", default=None)


@contextmanager
def collecting_waits() -> Iterator[list[int]]:
    """The seconds that refusals in this block ask their callers to wait."""
    waits: list[int] = []
    token = _told.set(waits)
    try:
        yield waits
    finally:
        _told.reset(token)


def tell_wait(refusal: Refusal) -> None:
    """Note the refusal's wait, if it knows one, for the response under way."""
    waits = _told.get()
    if waits is not None and refusal.retry_after_seconds is not None:
        waits.append(refusal.retry_after_seconds)
