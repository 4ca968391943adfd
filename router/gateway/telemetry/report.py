"""What is known of one request when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from time import time
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from router.executor import FetchRecord
    from router.gateway.identity import Caller
    from router.gateway.operations import Operation
    from router.gateway.request import RequestState

__all__ = ["Report", "access_entry", "report_of"]


class Report(NamedTuple):
    """Holds nothing of the request's and the answer's contents, so it may be kept for a while."""

    ended: float
    """``time.time``."""
    id: bytes
    method: str
    path: str
    status: int
    size: int
    """Bytes of the answer's body."""
    seconds: float
    clock: Sequence[float]
    """``time.perf_counter`` at the beginning, and behind each phase that was completed."""
    serialising: float
    """Seconds; 0 when nothing was."""
    operation: Operation | None
    client: bytes | None
    client_version: bytes | None
    caller: Caller
    fetches: Sequence[FetchRecord]
    codes: Sequence[str]
    """One for each error."""
    streamed: bool
    """It lasted as long as its client liked."""
    protocol: str | None
    """That of the messages of a WebSocket; None for a request of its own."""


def report_of(
    request: RequestState,
    status: int,
    size: int,
    seconds: float,
    errors: Iterable[Mapping[str, Any]],
    protocol: str | None = None,
) -> Report:
    """``errors`` are those that the client was told."""
    scope, headers, response = request.scope, request.headers, request.response
    return Report(
        time(),
        request.id,
        scope["method"],
        scope["path"],
        status,
        size,
        seconds,
        request.clock,
        request.serialising,
        request.operation,
        headers.get(b"apollographql-client-name"),
        headers.get(b"apollographql-client-version"),
        request.caller,
        () if response is None else response.fetches,
        [_code(error) for error in errors] if errors else (),
        request.subscription is not None,
        protocol,
    )


def access_entry(report: Report) -> dict[str, Any]:
    """What the access log says of it."""
    operation, caller = report.operation, report.caller
    entry = {
        "time": datetime.fromtimestamp(report.ended, UTC),
        "request_id": report.id.decode(),
        "method": report.method,
        "path": report.path,
        "status": report.status,
        "milliseconds": round(report.seconds * 1000, 2),
        "bytes": report.size,
        "operation_type": None if operation is None else operation.kind,
        "operation": None if operation is None else operation.name,
        "client": report.client.decode("latin-1") if report.client else None,
        "client_version": report.client_version.decode("latin-1") if report.client_version else None,
        "caller": caller.kind or ("authenticated" if caller.is_authenticated else "anonymous"),
        "errors": report.codes,
    }
    if report.protocol is not None:
        entry["protocol"] = report.protocol
    return entry


def _code(error: Mapping[str, Any]) -> str:
    extensions = error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return code if isinstance(code, str) else "NONE"
