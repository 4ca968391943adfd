"""Refusals: why a use case did not happen, as plain exceptions that the domain may raise.

A refusal is the caller's business, not a fault: mutations turn it into ``errors: [UserError!]!`` (`errors.py`), queries
into a GraphQL error with the same ``code``. A room adds its own by subclassing :class:`Refusal`.
"""

from __future__ import annotations

from collections.abc import Sequence


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """The request was understood and refused. ``code`` is stable; ``path`` names the offending input.

    ``retry_after_seconds`` is how long to wait before the same request may be answered otherwise (see `retrying`).
    """

    code = "REFUSED"
    retry_after_seconds: int | None = None

    def __init__(self, message: str, *, code: str | None = None, path: Sequence[str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.path = list(path) if path is not None else None


class Invalid(Refusal):
    """An input value is unacceptable; ``constraint`` names the broken rule."""

    code = "INVALID"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        path: Sequence[str] | None = None,
        constraint: str | None = None,
    ) -> None:
        super().__init__(message, code=code, path=path)
        self.constraint = constraint


class Missing(Refusal):
    """The thing asked for does not exist, or this caller may not know that it does; ``path`` says which thing.

    An id that nobody has, one of somebody else and one that is no id are answered alike.
    """

    code = "NOT_FOUND"


class Forbidden(Refusal):
    """The caller may not do this."""

    code = "FORBIDDEN"


class Conflict(Refusal):
    """The thing has changed or exists already; ``current_version`` is what a retry should send."""

    code = "CONFLICT"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        path: Sequence[str] | None = None,
        current_version: int | None = None,
    ) -> None:
        super().__init__(message, code=code, path=path)
        self.current_version = current_version


class InProgress(Conflict):
    """What is asked for is happening right now; the same request a moment later gets its outcome."""

    code = "IN_PROGRESS"
    retry_after_seconds = 1

    def __init__(
        self,
        message: str = "The same request is still running; try again shortly.",
        *,
        path: Sequence[str] | None = None,
    ) -> None:
        super().__init__(message, path=path)


class Refusals(Exception):  # noqa: N818
    """Several refusals of one request, e.g. all invalid fields of an input."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__("; ".join(refusal.message for refusal in refusals))
        self.refusals = tuple(refusals)


class Unavailable(Exception):  # noqa: N818
    """Something this service needs does not answer; the client reads SERVICE_UNAVAILABLE and may try again."""

    code = "SERVICE_UNAVAILABLE"
