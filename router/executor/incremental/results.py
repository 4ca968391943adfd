"""What an incremental execution yields: the results of the GraphQL draft's "Incremental Stream", under its names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from router.executor.context import Response
from router.executor.errors import ErrorPath, FormattedError

__all__ = ["Completed", "Incremental", "InitialResult", "Pending", "SubsequentResult"]


@dataclass(frozen=True, slots=True)
class Pending:
    """A deferred fragment that will be delivered for the object at ``path``."""

    id: str
    path: ErrorPath
    label: str | None


@dataclass(frozen=True, slots=True)
class Incremental:
    """Data of the object at ``path``, which is the path of the pending fragment ``to`` and possibly a way below it."""

    to: Pending
    path: ErrorPath
    data: dict[str, Any]
    errors: list[FormattedError]

    @property
    def sub_path(self) -> ErrorPath:
        """The way from the fragment's object."""
        return self.path[len(self.to.path) :]


@dataclass(frozen=True, slots=True)
class Completed:
    """Nothing more comes for a fragment. With ``errors`` it failed: what it would have delivered cannot be null."""

    pending: Pending
    errors: list[FormattedError]


@dataclass(frozen=True, slots=True)
class InitialResult:
    """The first answer. Without ``pending`` it is the whole answer."""

    response: Response
    pending: list[Pending]


@dataclass(frozen=True, slots=True)
class SubsequentResult:
    """What came next; after one with ``has_next`` false nothing does."""

    pending: list[Pending]
    incremental: list[Incremental]
    completed: list[Completed]
    has_next: bool
