"""What each database says of what was to be told: events, dead letters, notifications; read in pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ops.reconcile.pages import pages


async def unpublished(connection: Any, grace: float) -> int:
    """How many events should have been published some time ago."""
    [row] = await connection.fetch(
        """
        SELECT count(*) AS count FROM outbox
        WHERE published_at IS NULL AND occurred_at < now() - make_interval(secs => $1)
        """,
        grace,
    )
    count: int = row["count"]
    return count


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that a consumer gave up on, and the first line of why."""

    consumer: str
    event_id: UUID
    event_type: str
    reason: str


async def dead_letters(connection: Any) -> AsyncIterator[list[DeadLetter]]:
    """All dead letters, in pages by id."""
    async for rows in pages(connection, _DEAD_LETTERS):
        yield [DeadLetter(*row[1:]) for row in rows]


_DEAD_LETTERS = """
SELECT id, consumer, event_id, event_type, split_part(error, E'\n', 1) AS reason FROM dead_letters
WHERE id > $1 ORDER BY id LIMIT $2
"""


async def told_events(connection: Any, types: Sequence[str]) -> AsyncIterator[list[tuple[UUID, str, UUID]]]:
    """Published events of these types that the outbox still keeps: id, type and the user they concern."""
    async for rows in pages(connection, _TOLD_EVENTS, types, after=0):
        yield [(row["event_id"], row["type"], row["user_id"]) for row in rows]


_TOLD_EVENTS = """
SELECT id, event_id, type, (payload->>'user_id')::uuid AS user_id FROM outbox
WHERE type = ANY($1) AND published_at IS NOT NULL AND id > $2 ORDER BY id LIMIT $3
"""


async def notification_counts(connection: Any, event_ids: Sequence[UUID]) -> dict[tuple[UUID, UUID], int]:
    """How many inbox notifications each event led to, by event and user."""
    rows = await connection.fetch(
        """
        SELECT event_id, user_id, count(*) AS count FROM notifications
        WHERE event_id = ANY($1) AND type = 'in_app' GROUP BY event_id, user_id
        """,
        event_ids,
    )
    return {(row["event_id"], row["user_id"]): row["count"] for row in rows}


async def forgotten(connection: Any, user_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these people are, or are being, erased: nothing that they were told is kept."""
    rows = await connection.fetch("SELECT user_id FROM erasures WHERE user_id = ANY($1)", user_ids)
    return {row["user_id"] for row in rows}
