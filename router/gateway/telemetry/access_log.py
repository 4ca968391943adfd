"""One JSON line per request on standard output.

Written past the logging module, whose records cost as much as the rest of the request.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

__all__ = ["AccessLog"]


class AccessLog:
    """Writes what happened to a request; never values of variables, tokens or document texts."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled

    def write(self, entry: Mapping[str, Any]) -> None:
        """Write one line."""
        line = orjson.dumps({"time": datetime.now(UTC), **entry}, option=orjson.OPT_APPEND_NEWLINE)
        sys.stdout.write(line.decode())
        sys.stdout.flush()
