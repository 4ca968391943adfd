"""Dead letters: events that a consumer could not apply, kept for a person to look at and retry.

Whatever a stream may contain can be kept: what the column cannot hold is replaced, never refused, or one bad entry
would stop all behind it.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import orjson

from subgraphs.kernel.database import Database
from subgraphs.kernel.events import MAX_ATTEMPTS, Event

_NUL: Final = "\\u0000"  # as JSON writes it; PostgreSQL's jsonb and text have no such character


async def bury(database: Database, consumer: str, stream: str, event: Event, error: Exception | str) -> None:
    """Keep an event with the reason; once for each consumer and event."""
    reason = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    await database.execute(
        """
        INSERT INTO dead_letters (consumer, event_id, event_type, stream, event, error, attempts)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (consumer, event_id) DO UPDATE
        SET error = excluded.error, attempts = dead_letters.attempts + excluded.attempts
        """,
        consumer,
        event.event_id,
        _storable(event.type)[:100],
        stream[:100],
        _storable_json(event.to_json()),
        _storable(reason)[:2000],
        MAX_ATTEMPTS,
    )


async def is_buried(database: Database, consumer: str, event_id: UUID) -> bool:
    """Whether the consumer gave up on the event."""
    found = await database.fetch_value(
        "SELECT true FROM dead_letters WHERE consumer = $1 AND event_id = $2", consumer, event_id
    )
    return found is True


async def unbury(database: Database, consumer: str, event_id: UUID) -> None:
    """Remove the letter of an event that was applied after all."""
    await database.execute("DELETE FROM dead_letters WHERE consumer = $1 AND event_id = $2", consumer, event_id)


def _storable(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _storable_json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode().replace(_NUL, "\\ufffd")
