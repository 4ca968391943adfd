"""An ASGI extension of the router's server: a response that is complete is sent in one message.

Instead of ``http.response.start`` and ``http.response.body``, which cost a small answer more than looking its operation
up. As all extensions it may be used where the scope names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["EXTENSIONS", "WHOLE_RESPONSE", "whole_response"]

WHOLE_RESPONSE = "router.response.whole"
EXTENSIONS: Mapping[str, Mapping[str, Any]] = {WHOLE_RESPONSE: {}}
"""What the server puts into its scopes."""


def whole_response(status: int, lines: bytes, body: bytes) -> dict[str, Any]:
    """The message. ``lines`` are the headers written out, each with its end, ``content-length`` among them.

    Whoever makes one answers for its names and values: in lower case, and nothing in them that ends a line.
    """
    return {"type": WHOLE_RESPONSE, "status": status, "lines": lines, "body": body}
