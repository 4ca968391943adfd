"""What a request brings to the executor, and what it gets back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from router.executor.errors import MAX_ERRORS, ErrorPolicy, FormattedError, PassErrors
from router.executor.transports.protocol import Headers, SubgraphTransport

__all__ = ["ExecutionPolicy", "FetchRecord", "RequestContext", "Response"]


def _no_headers(service: str) -> Headers:
    return ()


@dataclass(frozen=True, slots=True)
class ExecutionPolicy:
    """Settings of a router: seconds each subgraph has to answer, what clients see of errors, what is passed on."""

    timeout: float = 30.0
    timeouts: Mapping[str, float] = field(default_factory=dict)
    errors: ErrorPolicy = field(default_factory=PassErrors)
    response_extensions: frozenset[str] = frozenset()
    """Keys of subgraph ``extensions`` that the client gets, as ``{key: {service: [value of each fetch]}}``."""
    max_errors: int = MAX_ERRORS
    """Errors of one response, and of one fetch; if there are others one more says so."""


_DEFAULT_POLICY = ExecutionPolicy()


@dataclass(slots=True)
class RequestContext:
    """One request. ``variables`` are coerced: those the client gave, and the defaults of those it did not."""

    transports: Mapping[str, SubgraphTransport]
    variables: Mapping[str, Any] = field(default_factory=dict)
    headers: Callable[[str], Headers] = _no_headers
    """The headers for a subgraph. Those that several fetches are sent should be ``EncodedHeaders``."""
    deadline: float | None = None
    """``time.monotonic`` by which every fetch must have ended."""
    policy: ExecutionPolicy = _DEFAULT_POLICY


@dataclass(slots=True)
class FetchRecord:
    """What one fetch did. ``status`` is the HTTP status, 0 when no answer came and ``failure`` says why."""

    service: str
    index: int
    """Position of the fetch in the printed plan."""
    started: float
    """Seconds since the execution began."""
    duration: float
    status: int
    request_bytes: int
    response_bytes: int
    entities: int
    failure: str | None = None


_TOO_DEEP = orjson.dumps(
    {
        "data": None,
        "errors": [
            {
                "message": "The response is nested too deeply to be written.",
                "extensions": {"code": "RESPONSE_VALIDATION_FAILED"},
            }
        ],
    }
)


@dataclass(slots=True)
class Response:
    """The answer to one operation. ``errors`` and ``extensions`` are empty when there are none."""

    data: dict[str, Any] | None
    errors: list[FormattedError]
    extensions: dict[str, Any]
    fetches: list[FetchRecord]
    """In the order in which they ended."""

    def to_bytes(self) -> bytes:
        """The JSON text: ``data``, then ``errors`` and ``extensions`` where there are any (GraphQL spec §7.1).

        Of an answer that is too deep to be written it is an error that says so, and ``data`` is null.
        """
        try:
            return orjson.dumps(self._body())
        except orjson.JSONEncodeError:
            return _TOO_DEEP

    def _body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"data": self.data}
        if self.errors:
            body["errors"] = self.errors
        if self.extensions:
            body["extensions"] = self.extensions
        return body
