"""Errors as the client reads them, and the policy for what subgraphs say in theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

__all__ = [
    "MAX_ERRORS",
    "ErrorPath",
    "ErrorPolicy",
    "FormattedError",
    "MaskErrors",
    "PassErrors",
    "concerns",
    "format_error",
    "listed",
]

MAX_ERRORS = 1_000
"""In one response, unless a policy says otherwise. A list of objects that are all broken has an error for each."""

ErrorPath = tuple[str | int, ...]
FormattedError = dict[str, Any]
"""``message``, ``path`` where there is one, ``extensions`` where there are any (GraphQL spec §7.1, "Errors")."""


def format_error(message: str, path: ErrorPath, extensions: Mapping[str, Any]) -> FormattedError:
    """An empty ``path`` says that the error has no place in the response."""
    error: FormattedError = {"message": message}
    if path:
        error["path"] = list(path)
    if extensions:
        error["extensions"] = dict(extensions)
    return error


def concerns(data: Any, path: Sequence[str | int]) -> bool:
    """Whether an error's place is in the response, or was taken from it by a null.

    A subgraph that does not know an object's type is asked for fields that may turn out to be selected for other types
    only: what went wrong with them is nobody's concern.
    """
    for element in path:
        if isinstance(element, str):
            if type(data) is not dict:
                return True
            if element not in data:
                return False
            data = data[element]
        elif type(data) is list and 0 <= element < len(data):
            data = data[element]
        else:
            return True
    return True


def listed(errors: list[FormattedError], most: int) -> list[FormattedError]:
    """The first ``most`` errors, and if there are others one more that says so."""
    if len(errors) <= most:
        return errors
    return [*errors[:most], format_error(f"There are more than {most} errors.", (), {"code": "TOO_MANY_ERRORS"})]


class ErrorPolicy(Protocol):
    """What of a subgraph's own error reaches the client. Path and service are the executor's and always do."""

    def present(self, service: str, message: str, extensions: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """The message and the extensions to show."""


class PassErrors:
    """Messages and extensions as the subgraph wrote them."""

    def present(self, service: str, message: str, extensions: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        return message, extensions


class MaskErrors:
    """One message for all; of the extensions only those named, by default the code."""

    def __init__(self, message: str = "Unexpected error", keep: frozenset[str] = frozenset({"code"})) -> None:
        self._message = message
        self._keep = keep

    def present(self, service: str, message: str, extensions: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        return self._message, {key: value for key, value in extensions.items() if key in self._keep}
