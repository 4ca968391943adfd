"""Reading what a subgraph answered: GraphQL over HTTP, or one precise error for anything else."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import responses as reasons
from itertools import takewhile
from typing import Any, NamedTuple

import orjson

from router.executor.errors import MAX_ERRORS
from router.executor.transports.protocol import SubgraphResponse

__all__ = ["HTTP_ERROR", "MALFORMED", "NO_DATA", "Answer", "SubgraphError", "read_answer", "read_error"]

HTTP_ERROR = "SUBREQUEST_HTTP_ERROR"
MALFORMED = "SUBREQUEST_MALFORMED_RESPONSE"
NO_DATA = "SUBREQUEST_NO_DATA"

MAX_MESSAGE, MAX_EXTENSIONS = 2_000, 20_000
"""Characters of an error's message, bytes of its extensions: both are repeated wherever the error shows."""
_MAX_AROUND = 10
"""Levels of JSON around the extensions of an error: more than any response or message of a stream has."""


class SubgraphError(NamedTuple):
    """An error before it has a place in the response. ``path`` is the subgraph's own; None when it is unusable."""

    message: str
    path: tuple[str | int, ...] | None = None
    extensions: Mapping[str, Any] = {}
    own: bool = True
    """Whether the executor found it; otherwise the subgraph wrote it, and the error policy decides what is shown."""


class Answer(NamedTuple):
    """``data`` as it came, an object or None."""

    data: dict[str, Any] | None
    errors: list[SubgraphError]
    extensions: Mapping[str, Any]


def read_answer(response: SubgraphResponse, service: str, max_errors: int = MAX_ERRORS) -> Answer:
    """A GraphQL answer is taken from any status; without one, a status other than 2xx is the error (GraphQL over HTTP,
    "Status Codes").

    Raises nothing: anything else is one error with code ``MALFORMED``. Of more than ``max_errors`` errors one more is
    read, so that it shows that there are others.
    """
    try:
        payload = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return _failed(response, service, f"is not JSON ({response.content_type or 'without content type'})")
    if type(payload) is not dict:
        return _failed(response, service, "is not a JSON object")
    data, listed, extensions = payload.get("data"), payload.get("errors"), payload.get("extensions")
    if data is not None and type(data) is not dict:
        return _failed(response, service, "has data that is not an object")
    if listed is not None and (type(listed) is not list or any(type(error) is not dict for error in listed)):
        return _failed(response, service, "has errors that are not a list of objects")
    errors = [read_error(error, service) for error in (listed or ())[: max_errors + 1]]
    if data is None and not errors:
        return _failed(response, service, "has neither data nor errors")
    if not errors and not 200 <= response.status < 300:
        errors.append(_http_error(response, service))
    return Answer(data, errors, extensions if type(extensions) is dict else {})


def read_error(error: Mapping[str, Any], service: str) -> SubgraphError:
    """An error that a subgraph reported, within bounds."""
    message, extensions, path = error.get("message"), error.get("extensions"), _usable(error.get("path"))
    shown: dict[str, Any] = extensions if type(extensions) is dict else {}
    code = shown.get("code")
    coded = {"code": code} if type(code) is str and len(code) <= MAX_MESSAGE else {}
    if type(message) is not str:
        text = f'Subgraph "{service}" reported an error without a message.'
        return SubgraphError(text, path, coded or {"code": MALFORMED})
    if len(message) > MAX_MESSAGE:
        message = message[: MAX_MESSAGE - 1] + "…"
    return SubgraphError(message, path, coded if _is_large(shown) else shown, own=False)


def _is_large(extensions: dict[str, Any]) -> bool:
    """Whether extensions are long, or so deep that the response around them might not be written."""
    if not extensions:
        return False
    around: Any = extensions
    for _ in range(_MAX_AROUND):
        around = [around]
    try:
        return len(orjson.dumps(around)) > MAX_EXTENSIONS
    except orjson.JSONEncodeError:
        return True


def _usable(path: Any) -> tuple[str | int, ...] | None:
    """The beginning of a path, as far as it is made of names and indices (GraphQL spec §7.1, "Errors")."""
    listed = path if type(path) is list else []
    return tuple(takewhile(lambda element: type(element) in (str, int), listed)) or None


def _failed(response: SubgraphResponse, service: str, what: str) -> Answer:
    if not 200 <= response.status < 300:
        return Answer(None, [_http_error(response, service)], {})
    error = SubgraphError(f'The answer of subgraph "{service}" {what}.', None, {"code": MALFORMED})
    return Answer(None, [error], {})


def _http_error(response: SubgraphResponse, service: str) -> SubgraphError:
    status = response.status
    phrase = f" {reasons[status]}" if status in reasons else ""
    return SubgraphError(
        f'Subgraph "{service}" answered with HTTP status {status}{phrase}.',
        None,
        {"code": HTTP_ERROR, "http": {"status": status}},
    )
