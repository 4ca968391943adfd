"""What clients read of errors that subgraphs report."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from router.executor import ErrorPolicy, FormattedError, PassErrors
from router.gateway.config import ErrorsConfig

__all__ = ["MASKED", "error_policy", "name_request"]

MASKED = "Unexpected error"
_NEVER_SHOWN = frozenset({"exception", "stacktrace", "stackTrace", "debug", "debugMessage", "trace"})

_log = logging.getLogger("router.subgraphs")


def error_policy(config: ErrorsConfig) -> ErrorPolicy:
    """As configured: everything, or only what subgraphs meant for clients."""
    return ShowCoded() if config.mask else PassErrors()


def name_request(errors: Iterable[FormattedError], request_id: bytes) -> None:
    """Masked errors carry the request's id, by which the operator finds what they hide."""
    for error in errors:
        if error["message"] == MASKED:
            error.setdefault("extensions", {})["requestId"] = request_id.decode()


class ShowCoded:
    """An error with ``extensions.code`` was meant for clients and keeps its message. Any other may be the text of an
    exception: it is logged and replaced. Stack traces are never shown.
    """

    def present(self, service: str, message: str, extensions: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """The message and extensions that the client reads."""
        if not isinstance(extensions.get("code"), str):
            _log.warning("Subgraph %s reported: %s", service, message)
            return MASKED, {"code": "INTERNAL_SERVER_ERROR"}
        return message, {key: value for key, value in extensions.items() if key not in _NEVER_SHOWN}
