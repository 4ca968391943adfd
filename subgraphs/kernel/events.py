"""Events: facts that a service tells the others after they happened, and how a room says which it listens to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from subgraphs.kernel.context import RunningRoom

MAX_ATTEMPTS = 5


def stream_name(service: str) -> str:
    """The Redis stream with all events of one service."""
    return f"events:{service}"


@dataclass(frozen=True, slots=True)
class Event:
    """One fact. ``version`` is the aggregate's version after it; ``payload`` is JSON without secrets."""

    type: str  # order.confirmed
    aggregate: str  # order:<uuid>
    payload: Mapping[str, Any]
    version: int = 1
    traceparent: str | None = None
    event_id: UUID = field(default_factory=uuid4)
    occurred_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))

    def to_json(self) -> dict[str, Any]:
        return {
            "event_id": str(self.event_id),
            "type": self.type,
            "version": self.version,
            "aggregate": self.aggregate,
            "occurred_at": self.occurred_at.isoformat(),
            "traceparent": self.traceparent,
            "payload": dict(self.payload),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Event:
        """Raises KeyError, ValueError or TypeError when the data is not an event."""
        payload = data["payload"]
        if not isinstance(payload, Mapping):
            raise TypeError("an event's payload is an object")
        return cls(
            type=str(data["type"]),
            aggregate=str(data["aggregate"]),
            payload=payload,
            version=int(data["version"]),
            traceparent=data.get("traceparent"),
            event_id=UUID(str(data["event_id"])),
            occurred_at=_moment(data["occurred_at"]),
        )


def _moment(text: Any) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment has an offset from UTC")
    return moment


Handler = Callable[[Event, RunningRoom], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Listens:
    """``Listens("order", "order.confirmed", handler)``: the handler runs inside a transaction with the inbox row.

    It must only use the room's database; raising rolls everything back and counts as a failed attempt.
    """

    service: str
    type: str
    handler: Handler
