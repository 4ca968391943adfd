"""Whose errors are whose: an error of a fetch is delivered with the fields it explains, once.

It belongs to the delivery that has the field at its path. One that stands at an object concerns what was fetched for
it: then it belongs to the delivery that waited for the fetch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from router.executor.errors import ErrorPath, FormattedError
from router.executor.incremental.selection import Selection
from router.executor.incremental.values import Found
from router.executor.typenames import typename_of

__all__ = ["PartErrors"]

_Place = tuple[Selection, Any, str | None]
"""Fields, the value they are selected of, and its type as far as it is known from elsewhere."""


class PartErrors:
    """The errors of one execution by the part whose fetch reported them."""

    def __init__(self) -> None:
        self._unclaimed: list[tuple[int, FormattedError]] = []

    def add(self, part: int, errors: Sequence[FormattedError]) -> None:
        """Errors of a part that is done, in the order of the plan."""
        self._unclaimed += [(part, error) for error in errors]

    def claim(self, work: Found) -> list[FormattedError]:
        """The errors to deliver with ``work``, which nobody else will get. O(errors not delivered yet x depth)."""
        claimed: list[FormattedError] = []
        left: list[tuple[int, FormattedError]] = []
        for part, error in self._unclaimed:
            path = tuple(error.get("path", ()))
            if part not in work.selection.parts:
                left.append((part, error))
            elif _has(work, path):
                claimed.append(error)
            else:
                left.append((part, error))
                if work.path[: len(path)] == path and part:
                    # above several deliveries of one part: each is told, at the object it is for
                    claimed.append({**error, "path": list(work.path)} if work.path else error)
        self._unclaimed = left
        return claimed


def _has(work: Found, path: ErrorPath) -> bool:
    """Whether the path leads to one of the fields that are delivered together, or to their object, or below a null
    among them: there nothing else will be delivered."""
    if path[: len(work.path)] != work.path:
        return False
    places: list[_Place] = [(work.selection, work.value, work.typename)]
    for key in path[len(work.path) :]:
        if isinstance(key, int):
            places = [(selection, _item(value, key), None) for selection, value, _ in places]
        else:
            places = [below for place in places for below in _selected(place, key)]
        if not places:
            return False
        if all(value is None for _, value, _ in places):
            return True
    return True


def _selected(place: _Place, key: str) -> Iterator[_Place]:
    """What is selected under a response key for an object; of unknown type: for any it may have."""
    selection, value, typename = place
    if not isinstance(value, Mapping):
        return
    typename = typename or typename_of(value)
    for field in selection:
        if field.response_key != key or not isinstance(field.selections, Selection):
            continue
        if field.types is None or typename is None or typename in field.types:
            yield field.selections, value.get(field.source_key), None


def _item(value: Any, index: int) -> Any:
    return value[index] if type(value) is list and 0 <= index < len(value) else None
