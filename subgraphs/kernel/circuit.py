"""A circuit breaker: who failed several times in a row is left alone for a while, then tried by one caller."""

from __future__ import annotations

import time
from collections.abc import Callable

FAILURES = 5
OPEN_SECONDS = 2.0


class Circuit:
    """Closed at first; open after ``FAILURES`` in a row; after ``OPEN_SECONDS`` one call may try whether it closes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None

    def allows_call(self) -> bool:
        """Whether to make a call now; who is told so reports ``succeeded`` or ``failed``."""
        if self._opened_at is None:
            return True
        if self._clock() - self._opened_at < OPEN_SECONDS:
            return False
        self._opened_at = self._clock()  # the others wait for what this one finds
        return True

    def succeeded(self) -> None:
        self._failures = 0
        self._opened_at = None

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= FAILURES:
            self._opened_at = self._clock()
