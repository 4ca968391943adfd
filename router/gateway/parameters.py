"""The parameters of a GraphQL request, from a JSON body or a query string (GraphQL over HTTP, "Request Parameters").

Types are tested, not truth: ``0``, ``false`` and ``[]`` are wrong values, ``null`` is an absent one.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson

from router.gateway.errors import RequestError, unacceptable_body

__all__ = ["Parameters", "is_too_deep", "parameters_of_body", "parameters_of_object", "parameters_of_query_string"]

_MAX_JSON_DEPTH = 100
_MAX_QUERY_FIELDS = 100


class Parameters(NamedTuple):
    """One GraphQL request."""

    query: str
    operation_name: str | None
    variables: dict[str, Any]
    extensions: dict[str, Any]


def parameters_of_body(body: bytes) -> Parameters:
    """The request in a POST body (GraphQL over HTTP, "JSON Encoding").

    Raises ``RequestError``: 400, INVALID_GRAPHQL_REQUEST, also for a batch; PERSISTED_QUERY_NOT_SUPPORTED for a hash
    without a document.
    """
    if not body:
        raise unacceptable_body("The request has no body.")
    request = _json(body, "The request body")
    if isinstance(request, list):
        raise unacceptable_body("Batches of requests are not supported.")
    if not isinstance(request, dict):
        raise unacceptable_body("The request body must be a JSON object.")
    return _parameters(request)


def parameters_of_object(request: dict[str, Any]) -> Parameters:
    """The request in a JSON object, such as the payload of a WebSocket message; raises as ``parameters_of_body``."""
    if is_too_deep(request):
        raise unacceptable_body(f"The request is nested deeper than {_MAX_JSON_DEPTH} levels.")
    return _parameters(request)


def parameters_of_query_string(query_string: bytes) -> Parameters:
    """The request in the URL of a GET (GraphQL over HTTP, "GET"); raises as ``parameters_of_body``."""
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_QUERY_FIELDS
        )
    except ValueError:
        raise unacceptable_body("The query string cannot be decoded.") from None
    request: dict[str, Any] = {}
    for name, value in pairs:
        if name in request:
            raise unacceptable_body(f"The parameter {name!r} is given twice.")
        request[name] = value
    for name in ("variables", "extensions"):
        if name in request:
            request[name] = _json(request[name].encode(), f"The parameter {name!r}") if request[name] else None
    return _parameters(request)


def _parameters(request: dict[str, Any]) -> Parameters:
    extensions = request.get("extensions")
    if extensions is None:
        extensions = {}
    elif not isinstance(extensions, dict):
        raise unacceptable_body("The parameter 'extensions' must be an object.")
    query = request.get("query")
    if not isinstance(query, str):
        if query is None and "persistedQuery" in extensions:
            raise RequestError(200, "PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
        raise unacceptable_body("The parameter 'query' must be a string.")
    operation_name = request.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise unacceptable_body("The parameter 'operationName' must be a string.")
    variables = request.get("variables")
    if variables is None:
        variables = {}
    elif not isinstance(variables, dict):
        raise unacceptable_body("The parameter 'variables' must be an object.")
    return Parameters(query, operation_name or None, variables, extensions)


def _json(text: bytes, subject: str) -> Any:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise unacceptable_body(f"{subject} is not JSON.") from None
    # Only a text with that many brackets can be that deep, and writing JSON has a limit of its own.
    if text.count(b"[") + text.count(b"{") > _MAX_JSON_DEPTH and is_too_deep(value):
        raise unacceptable_body(f"{subject} is nested deeper than {_MAX_JSON_DEPTH} levels.")
    return value


def is_too_deep(value: Any) -> bool:
    """Whether lists and objects are nested deeper than a request may have them, and than JSON can be written. O(its
    size)."""
    level = [value]
    for _ in range(_MAX_JSON_DEPTH):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True
