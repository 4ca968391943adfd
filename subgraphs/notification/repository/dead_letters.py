"""Events that could not be applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from subgraphs.notification.domain import DeadLetter
from subgraphs.notification.tables import DB


async def latest(limit: int) -> list[DeadLetter]:
    rows = await DB.fetch(
        "SELECT event_id, event_type, error, attempts FROM dead_letters ORDER BY created_at DESC, id DESC LIMIT $1",
        limit,
    )
    return [DeadLetter(row["event_id"], row["event_type"], row["error"], row["attempts"]) for row in rows]


async def of_event(event_id: UUID) -> list[tuple[str, Mapping[str, Any]]]:
    """Who gave up on the event, and the event; locked until the transaction ends."""
    rows = await DB.fetch(
        "SELECT consumer, event FROM dead_letters WHERE event_id = $1 ORDER BY consumer FOR UPDATE", event_id
    )
    return [(row["consumer"], row["event"]) for row in rows]


async def remove(event_id: UUID) -> int:
    return await DB.execute("DELETE FROM dead_letters WHERE event_id = $1", event_id)
