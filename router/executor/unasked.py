"""Objects that a call could not ask for, because a part of their key was lost with an error.

Looked for only when a value is missing where the client's response is built. The error stands at the key, or at the
object around it if the client did not ask for the key: either way it may be beside what is missing, so it is told
again at the object. A key that is null by itself is no fault.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from router.executor.answers import NO_DATA, SubgraphError
from router.executor.errors import ErrorPath
from router.executor.reports import Reporter
from router.executor.representations import lacking_keys
from router.executor.run import Run
from router.executor.targets import positions
from router.query_plan.nodes import EntityCall, ResponseField

__all__ = ["Known", "report_unasked"]


def report_unasked(
    run: Run,
    index: int,
    service: str,
    fields: Sequence[ResponseField],
    calls: Sequence[tuple[EntityCall, Sequence[Sequence[Any]]]],
) -> None:
    """``calls`` come with the groups of objects that they asked for.

    All objects at their targets are looked at, and those whose key lacks something are compared with the errors known
    below them: O((objects + errors) x depth).
    """
    reporter = Reporter(run, index, service, fields)
    known: Known | None = None
    for call, groups in calls:
        asked = {id(item) for group in groups for item in group}
        for place, lost in _with_lost_keys(run.root, call, asked):
            if known is None:
                known = Known(tuple(error.get("path", ())) for error in run.errors())
            for at in reporter.paths([place]):
                if not known.is_told(at) and any(known.concerns(path, at) for path in reporter.paths(lost)):
                    reporter.add(_error(service), [at])


def _with_lost_keys(
    root: dict[str, Any], call: EntityCall, asked: set[int]
) -> Iterator[tuple[ErrorPath, list[ErrorPath]]]:
    """Source paths of objects that were not asked for, each with those of what its key lacks."""
    for target in call.targets:
        for place, item in positions(root, target):
            if id(item) not in asked and (lost := lacking_keys(item, call.representations)):
                yield place, [(*place, *path) for path in lost]


class Known:
    """The paths of the errors that are known already."""

    def __init__(self, paths: Iterable[ErrorPath]) -> None:
        self._at = frozenset(paths)
        self._below: defaultdict[ErrorPath, list[ErrorPath]] = defaultdict(list)
        for path in self._at:
            for length in range(len(path)):
                self._below[path[:length]].append(path)

    def is_told(self, at: ErrorPath) -> bool:
        """Whether an error stands at the object or around it."""
        return any(at[:length] in self._at for length in range(len(at) + 1))

    def concerns(self, key: ErrorPath, at: ErrorPath) -> bool:
        """Whether an error below the object stands at a part of its key, or has taken it from above or from below."""
        return any(key[: len(path)] == path or path[: len(key)] == key for path in self._below.get(at, ()))


def _error(service: str) -> SubgraphError:
    message = f'Subgraph "{service}" could not be asked for this object: its key was lost with another error.'
    return SubgraphError(message, None, {"code": NO_DATA})
