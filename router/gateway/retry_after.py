"""``Retry-After`` of an answer whose subgraphs said, in its extensions, how long to wait (RFC 9110 §10.2.3)."""

from __future__ import annotations

from typing import Any

from router.executor import Response
from router.executor.transports.protocol import Headers

__all__ = ["waiting"]

_KEY = "retryAfterSeconds"
_LONGEST = 86_400


def waiting(response: Response | None) -> Headers:
    """The header, with the longest wait that a fetch told; none when no fetch told one."""
    if response is None or _KEY not in response.extensions:
        return ()
    told: dict[str, list[Any]] = response.extensions[_KEY]
    waits = [wait for values in told.values() for wait in values if type(wait) is int and 0 < wait <= _LONGEST]
    return ((b"retry-after", b"%d" % max(waits)),) if waits else ()
