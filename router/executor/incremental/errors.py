"""Whose errors are whose: an error of a fetch is delivered with the fields it explains, once.

It belongs to the delivery that has the field at its path. One that stands at an object concerns what was fetched for
it: then it belongs to the delivery that waited for the fetch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from router.executor.errors import ErrorPath, FormattedError
from router.executor.incremental.selection import Selection
from router.executor.incremental.values import Found

__all__ = ["PartErrors"]


class PartErrors:
    """The errors of one execution by the part whose fetch reported them."""

    def __init__(self) -> None:
        self._unclaimed: list[tuple[int, FormattedError]] = []

    def add(self, part: int, errors: Sequence[FormattedError]) -> None:
        """Errors of a part that is done, in the order of the plan."""
        self._unclaimed += [(part, error) for error in errors]

    def claim(self, work: Found) -> list[FormattedError]:
        """The errors to deliver with ``work``, which nobody else will get."""
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
    places: list[tuple[Selection, Any]] = [(work.selection, work.value)]
    for key in path[len(work.path) :]:
        if isinstance(key, int):
            places = [(selection, _item(value, key)) for selection, value in places]
        else:
            places = [
                (field.selections, value.get(field.source_key))
                for selection, value in places
                if isinstance(value, Mapping)
                for field in selection
                if field.response_key == key and isinstance(field.selections, Selection)
            ]
        if not places:
            return False
        if all(value is None for _, value in places):
            return True
    return True


def _item(value: Any, index: int) -> Any:
    return value[index] if type(value) is list and 0 <= index < len(value) else None
