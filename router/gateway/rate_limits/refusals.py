"""Who was refused a moment ago, so that a client that does not wait costs Redis one question a second and no more."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

from router.gateway.lru import LruCache

__all__ = ["Refusals"]

_MICROSECONDS = 1_000_000
_SECONDS = 1.0
"""How long Redis is believed to say the same. It may have lost its keys, which this must not outlast."""
_MOST = 10_000


class _Refusal(NamedTuple):
    known_until: float
    ready_at: float
    """When one operation will be admitted at the earliest: others spend the key's time, too, but none gives it back."""


class Refusals:
    """Remembers keys for a second; the one unused longest goes first when they are too many."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._known: LruCache[str, _Refusal] = LruCache(_MOST)

    def note(self, key: str, wait: int) -> None:
        """One operation would have come ``wait`` microseconds too early."""
        now = self._clock()
        ready_at = now + wait / _MICROSECONDS
        self._known.put(key, _Refusal(min(now + _SECONDS, ready_at), ready_at))

    def wait(self, key: str) -> int:
        """By how many microseconds one operation would come too early; 0: Redis has to say."""
        refusal = self._known.get(key)
        if refusal is None:
            return 0
        now = self._clock()
        if now >= refusal.known_until:
            self._known.discard(key)
            return 0
        return int((refusal.ready_at - now) * _MICROSECONDS) + 1
