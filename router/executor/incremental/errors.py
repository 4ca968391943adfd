"""Whose errors are whose: an error of a fetch is delivered with the fields it explains, once.

It belongs to the delivery that has the field at its path. One that stands at an object concerns what was fetched for
it: then it belongs to the delivery that waited for the fetch.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    """Whether the path leads to one of the fields that are delivered together, or to their object."""
    if path[: len(work.path)] != work.path:
        return False
    selections: list[Selection] = [work.selection]
    for key in path[len(work.path) :]:
        if isinstance(key, int):
            continue
        selections = [
            field.selections
            for selection in selections
            for field in selection
            if field.response_key == key and isinstance(field.selections, Selection)
        ]
        if not selections:
            return False
    return True
