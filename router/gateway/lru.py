"""A least-recently-used map, bounded in entries and in weight."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

__all__ = ["LruCache"]

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class LruCache(Generic[Key, Value]):
    """Holds at most ``max_entries`` entries of together at most ``max_weight``; the one unused longest goes first.

    An entry heavier than ``max_weight`` is not kept. Not thread-safe: used on the event loop only.
    """

    __slots__ = ("_entries", "_max_entries", "_max_weight", "_weigh", "weight")

    def __init__(
        self, max_entries: int, max_weight: int | None = None, weigh: Callable[[Key], int] | None = None
    ) -> None:
        self._entries: OrderedDict[Key, Value] = OrderedDict()
        self._max_entries = max_entries
        self._max_weight = max_weight
        self._weigh = weigh
        self.weight = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._entries)

    def get(self, key: Key) -> Value | None:
        """The entry, which thereby becomes the one used last."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: Key, value: Value) -> None:
        """Keep the entry and drop what no longer fits."""
        self.discard(key)
        weight = self._weight_of(key)
        if self._max_weight is not None and weight > self._max_weight:
            return
        self._entries[key] = value
        self.weight += weight
        while len(self._entries) > self._max_entries or (
            self._max_weight is not None and self.weight > self._max_weight
        ):
            oldest, _ = self._entries.popitem(last=False)
            self.weight -= self._weight_of(oldest)

    def discard(self, key: Key) -> None:
        """Forget the entry, if there is one."""
        if self._entries.pop(key, None) is not None:
            self.weight -= self._weight_of(key)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self.weight = 0

    def _weight_of(self, key: Key) -> int:
        return 1 if self._weigh is None else self._weigh(key)
