"""What is told of one request when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from router.gateway.request import RequestState

__all__ = ["access_entry", "error_codes"]


def error_codes(errors: Iterable[Mapping[str, Any]]) -> list[str]:
    """The code of each error."""
    return [_code(error) for error in errors]


def _code(error: Mapping[str, Any]) -> str:
    extensions = error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return code if isinstance(code, str) else "NONE"


def access_entry(request: RequestState, status: int, size: int, seconds: float, codes: list[str]) -> dict[str, Any]:
    """What the access log says of a request; ``size`` counts the bytes of its answer."""
    operation = request.operation
    headers = request.headers
    caller = request.caller
    return {
        "time": datetime.now(UTC),
        "request_id": request.id.decode(),
        "method": request.scope["method"],
        "path": request.scope["path"],
        "status": status,
        "milliseconds": round(seconds * 1000, 2),
        "bytes": size,
        "operation_type": None if operation is None else operation.kind,
        "operation": None if operation is None else operation.name,
        "client": _text(headers.get(b"apollographql-client-name")),
        "client_version": _text(headers.get(b"apollographql-client-version")),
        "caller": caller.kind or ("authenticated" if caller.is_authenticated else "anonymous"),
        "errors": codes,
    }


def _text(value: bytes | None) -> str | None:
    return value.decode("latin-1") if value else None
