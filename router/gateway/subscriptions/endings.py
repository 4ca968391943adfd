"""Why a subscription ends, as its client and its operator are told."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = [
    "CLIENT_LEFT",
    "COMPLETED",
    "DRAINED",
    "FAILED",
    "SCHEMA_RELOADED",
    "SESSIONS_UNKNOWN",
    "TOO_SLOW",
    "Ending",
    "lapsed",
]


class Ending(NamedTuple):
    """``errors`` are what the client reads, none when the stream simply is complete."""

    reason: str
    """The label in metrics."""
    errors: tuple[dict[str, Any], ...] = ()


def _ending(reason: str, code: str, message: str) -> Ending:
    return Ending(reason, ({"message": message, "extensions": {"code": code}},))


COMPLETED = Ending("completed")
CLIENT_LEFT = Ending("client")
SCHEMA_RELOADED = _ending("reload", "SUBSCRIPTION_SCHEMA_RELOAD", "The schema was replaced. Subscribe again.")
TOO_SLOW = _ending(
    "slow_client", "SUBSCRIPTION_CLIENT_TOO_SLOW", "Events came faster than they were read. Subscribe again."
)
DRAINED = _ending("drain", "SERVICE_UNAVAILABLE", "This router is being stopped. Subscribe again.")
FAILED = _ending("failed", "INTERNAL_SERVER_ERROR", "Internal server error")
SESSIONS_UNKNOWN = _ending("identity", "SERVICE_UNAVAILABLE", "Sessions cannot be checked at the moment.")


def lapsed(message: str) -> Ending:
    """The caller may not go on; ``message`` says why."""
    return _ending("identity", "UNAUTHENTICATED", message)
