"""Framing of ``multipart/mixed`` answers (RFC 2046 §5.1.1), as all readers of this field accept it.

The delimiter that ends a part is written with the part: readers split on it, and would show a part only when the next
one comes. The body begins with CRLF, and each part has exactly one header.
"""

from __future__ import annotations

__all__ = ["CLOSE", "OPEN", "content_type", "part"]

_BOUNDARY = b"graphql"
OPEN = b"\r\n--" + _BOUNDARY
"""What the body begins with."""
CLOSE = b"--\r\n"
"""What ends the body: turns the delimiter behind the last part into the closing one."""


def content_type(specification: bytes = b"") -> bytes:
    """The answer's content type; ``specification`` is a parameter such as ``subscriptionSpec=1.0``."""
    suffix = b";" + specification if specification else b""
    return b'multipart/mixed;boundary="' + _BOUNDARY + b'"' + suffix


def part(json: bytes) -> bytes:
    """One JSON document."""
    return b"\r\ncontent-type: application/json\r\n\r\n" + json + OPEN
