"""Requests that are answered without execution: what the client reads, and with which status.

The codes are those that clients and alert rules of this field already match.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from router.gateway.coercion_messages import of_literal

__all__ = ["Headers", "RequestError", "invalid_operation", "unacceptable_body"]

Headers = Sequence[tuple[bytes, bytes]]


class RequestError(Exception):
    """The request ends here with ``errors`` and no ``data``.

    ``status`` is for clients that accept ``application/graphql-response+json``; ``json_status`` for those that only
    accept ``application/json``, which are told of invalid documents with 200 (GraphQL over HTTP, "Status Codes").
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        json_status: int | None = None,
        headers: Headers = (),
        errors: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.json_status = status if json_status is None else json_status
        self.headers = headers
        self.errors = [{"message": message, "extensions": {"code": code}}] if errors is None else errors


def unacceptable_body(message: str) -> RequestError:
    """The body or the query string is not a GraphQL request: 400 for every client."""
    return RequestError(400, "INVALID_GRAPHQL_REQUEST", message)


def invalid_operation(code: str, errors: Sequence[GraphQLError]) -> RequestError:
    """The request is well-formed but its document or variables are not valid: 400, or 200 for JSON-only clients."""
    return RequestError(
        400,
        code,
        of_literal(errors[0].message),
        json_status=200,
        errors=[_formatted(error, code) for error in errors],
    )


def _formatted(error: GraphQLError, code: str) -> dict[str, Any]:
    formatted: dict[str, Any] = {"message": of_literal(error.message)}
    if error.locations:
        formatted["locations"] = [location.formatted for location in error.locations]
    if error.path:
        formatted["path"] = error.path
    formatted["extensions"] = {"code": (error.extensions or {}).get("code", code)}
    return formatted
