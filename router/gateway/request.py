"""The state of one request, filled in by the stages."""

from __future__ import annotations

import os
import re
from itertools import count
from typing import TYPE_CHECKING, Any

from starlette.types import Receive, Scope

from router.gateway.identity import ANONYMOUS, Caller
from router.gateway.negotiation import MediaType

if TYPE_CHECKING:
    from router.executor import ExecutablePlan, Response
    from router.gateway.engine import Engine
    from router.gateway.incremental import IncrementalAnswer
    from router.gateway.operations import Operation
    from router.gateway.parameters import Parameters
    from router.gateway.subscriptions import StreamFormat, Subscription

__all__ = ["RequestState", "header_map", "request_id"]

_PROCESS = os.urandom(4).hex().encode()
_numbers = count(int.from_bytes(os.urandom(4)))
_SANE_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")


class RequestState:
    """What is known of a request. A stage reads what earlier ones wrote; the comments say which stage writes."""

    scope: Scope
    receive: Receive
    is_get: bool
    """Whether the parameters stand in the URL."""
    id: bytes
    headers: dict[bytes, bytes]
    media: MediaType = MediaType.JSON  # negotiate
    stream: StreamFormat | None = None
    """How events go to the client: what carries a WebSocket's messages; else ``negotiate`` sets it when nothing but a
    stream is accepted, and ``find_operation`` for a subscription."""
    parameters: Parameters  # read_parameters
    engine: Engine  # the endpoint, before the first stage
    operation: Operation | None = None  # find_operation
    found: Operation
    """The operation, for the stages behind ``find_operation``."""
    deadline: float | None = None  # find_operation and plan, when they take long
    """``time.monotonic`` by which every fetch must have ended; None: to be reckoned from when the first begins."""
    variables: dict[str, Any]  # coerce_variables
    caller: Caller = ANONYMOUS  # identify
    unauthorized: frozenset[tuple[str, str]] = frozenset()  # authorize
    executable: ExecutablePlan  # plan
    subscription: Subscription | None = None  # execute
    incremental: IncrementalAnswer | None = None  # execute
    response: Response | None = None  # execute
    errors: list[dict[str, Any]]
    """Why there is no response; the endpoint writes it."""
    clock: list[float]
    """``time.perf_counter`` at the beginning, and behind each phase; the endpoint writes it."""
    serialising: float = 0.0
    """Seconds that writing the answer took."""

    def __init__(self, scope: Scope, receive: Receive, id_: bytes, headers: dict[bytes, bytes]) -> None:
        self.scope = scope
        self.receive = receive
        self.is_get = scope["method"] != "POST"
        self.id = id_
        self.headers = headers
        self.variables = {}
        self.errors = []
        self.clock = []


def header_map(headers: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Headers by lower-case name; of repeated ones the values joined by commas (RFC 9110 §5.3)."""
    found = dict(headers)
    if len(found) != len(headers):
        found = {}
        for name, value in headers:
            found[name] = found[name] + b", " + value if name in found else value
    return found


def request_id(headers: dict[bytes, bytes]) -> bytes:
    """The client's ``x-request-id`` if it is fit for logs and headers, else a new one."""
    given = headers.get(b"x-request-id")
    if given is not None and _SANE_ID.fullmatch(given):
        return given
    return b"%b%08x" % (_PROCESS, next(_numbers) & 0xFFFFFFFF)
