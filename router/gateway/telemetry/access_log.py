"""One JSON line per request, on the logger ``router.access``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

__all__ = ["AccessLog"]

_log = logging.getLogger("router.access")


class AccessLog:
    """Writes what happened to a request; without values of variables, tokens or document texts."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled

    def write(self, entry: Mapping[str, Any]) -> None:
        """Write one line."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **entry}
        _log.info(orjson.dumps(line).decode())
