"""Logs as JSON lines: what happened on stderr, one line per request on stdout."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import orjson

__all__ = ["configure_logs"]


def configure_logs() -> None:
    """Send the router's and uvicorn's logs to the standard streams."""
    events = logging.StreamHandler(sys.stderr)
    events.setFormatter(_JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[events], force=True)
    logging.getLogger("router").setLevel(logging.INFO)
    requests = logging.StreamHandler(sys.stdout)
    requests.setFormatter(logging.Formatter("%(message)s"))
    access = logging.getLogger("router.access")
    access.handlers = [requests]
    access.propagate = False


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
