"""Logs as JSON lines on stderr."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import orjson

__all__ = ["configure_logs"]


def configure_logs() -> None:
    """Send the router's and uvicorn's logs to stderr."""
    events = logging.StreamHandler(sys.stderr)
    events.setFormatter(_JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[events], force=True)
    logging.getLogger("router").setLevel(logging.INFO)


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line).decode()
