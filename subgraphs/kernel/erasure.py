"""A person's right to be forgotten, as far as every room does the same: shared tables, and saying that it is done.

auth tells ``user.erased`` with the rooms that have not answered; a room erases what it holds in the handler's
transaction and answers ``user.erasure_acknowledged``. Repeating is harmless: whatever is left is erased again.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from subgraphs.kernel.database import Database
from subgraphs.kernel.events import Event
from subgraphs.kernel.outbox import write_events

ERASED: Final = "user.erased"
ACKNOWLEDGED: Final = "user.erasure_acknowledged"
PERSONAL_FACTS: Final = (
    "email",
    "former_email",
    "contact_email",
    "first_name",
    "last_name",
    "phone_number",
    "locale",
    "language",
    "method_summary",
    "reason",
)
"""Names under which events carry personal data; an event without them still says what happened to what."""


def concerns(event: Event, room: str) -> bool:
    """Whether this room has still to answer."""
    pending = event.payload.get("pending")
    return pending is None or room in pending


async def forget_in_shared_tables(database: Database, user_id: UUID) -> None:
    """Erase a person from the tables that every database has, but for the audit trail (see ``audit``)."""
    await database.execute(
        """
        UPDATE outbox SET payload = payload - $2::text[]
        WHERE (payload ->> 'user_id' = $1 OR aggregate = 'user:' || $1) AND payload ?| $2::text[]
        """,
        str(user_id),
        list(PERSONAL_FACTS),
    )
    await database.execute("DELETE FROM dead_letters WHERE event -> 'payload' ->> 'user_id' = $1", str(user_id))
    await database.execute("DELETE FROM idempotency_keys WHERE starts_with(scope, $1 || ':')", str(user_id))


async def acknowledge(database: Database, user_id: UUID) -> None:
    """Tell auth that nothing of the person is left in this room."""
    facts = {"user_id": str(user_id), "room": database.room}
    await write_events(database, Event(ACKNOWLEDGED, f"user:{user_id}", facts))
