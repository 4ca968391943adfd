"""Framing of server-sent events (HTML standard, "Server-sent events"; graphql-sse, distinct connections mode).

JSON without line breaks in one ``data`` line and LF line ends: some readers of this field understand nothing else.
"""

from __future__ import annotations

__all__ = ["COMPLETE", "CONTENT_TYPE", "HEARTBEAT", "next_event"]

CONTENT_TYPE = b"text/event-stream; charset=utf-8"
HEARTBEAT = b":\n\n"
"""A comment: keeps proxies from closing an idle connection."""
COMPLETE = b"event: complete\ndata: \n\n"
"""With a data line, for readers that pass over events without one."""


def next_event(json: bytes) -> bytes:
    """A GraphQL response as an event."""
    return b"event: next\ndata: %b\n\n" % json
