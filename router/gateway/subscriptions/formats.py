"""How a subscription is delivered, and which HTTP framing a client accepts."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

__all__ = ["StreamFormat", "stream_format"]


class StreamFormat(Enum):
    """The value names the protocol in metrics and logs."""

    SSE = "sse"
    MULTIPART = "multipart"
    TRANSPORT_WS = "graphql-transport-ws"
    LEGACY_WS = "graphql-ws"


@lru_cache(maxsize=256)
def stream_format(accept: bytes | None) -> StreamFormat | None:
    """Of the framings named in ``Accept`` the one with the highest quality, of equals the first; None: neither.

    Wildcards do not count, and ``multipart/mixed`` counts with ``subscriptionSpec=1.0`` only: without it clients mean
    incremental delivery, whose parts look different.
    """
    best: tuple[float, StreamFormat | None] = (0.0, None)
    for item in (accept or b"").decode("latin-1").lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        values = dict(_parameter(text) for text in parameters)
        if name == "text/event-stream":
            found = StreamFormat.SSE
        elif name == "multipart/mixed" and values.get("subscriptionspec") == "1.0":
            found = StreamFormat.MULTIPART
        else:
            continue
        quality = _quality(values.get("q", "1"))
        if quality > best[0]:
            best = quality, found
    return best[1]


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip().strip('"')


def _quality(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0
