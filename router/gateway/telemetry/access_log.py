"""One JSON line per request on standard output.

Written past the logging module, whose records cost as much as the rest of the request, and many lines at a time: a
system call for each would cost as much as half the line. What was not written yet when the process is killed is lost.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import Any

import orjson

__all__ = ["AccessLog"]

_SECONDS_HELD = 0.05
_MOST_HELD = 500


class AccessLog:
    """Writes what happened to a request; never values of variables, tokens or document texts."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self._held: list[bytes] = []

    def write(self, entry: Mapping[str, Any]) -> None:
        """Write one line, within a twentieth of a second."""
        held = self._held
        if not held:
            asyncio.get_running_loop().call_later(_SECONDS_HELD, self.flush)
        held.append(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))
        if len(held) >= _MOST_HELD:
            self.flush()

    def flush(self) -> None:
        """Write what is held back."""
        if self._held:
            text = b"".join(self._held)
            self._held.clear()
            sys.stdout.flush()
            sys.stdout.buffer.write(text)
            sys.stdout.buffer.flush()
