"""Every SQL statement on erasures: who is being forgotten, and who has yet to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from subgraphs.auth.tables import DB
from subgraphs.kernel.audit import forget_in_audit_log

_OWNED: Final = ("sessions", "password_reset_tokens", "email_verification_tokens", "email_change_tokens")


@dataclass(frozen=True, slots=True)
class Due:
    """An erasure whose next step is due."""

    user_id: UUID
    pending: tuple[str, ...]
    attempts: int


async def insert(user_id: UUID, pending: Sequence[str], pause: timedelta) -> None:
    """Begin an erasure; the rooms are told again after the pause."""
    await DB.execute(
        "INSERT INTO erasures (user_id, pending, next_run_at) VALUES ($1, $2::text[], now() + $3::interval)",
        user_id,
        list(pending),
        pause,
    )


async def acknowledge(user_id: UUID, room: str) -> None:
    """Note a room's answer; after the last one the rest is due at once."""
    await DB.execute(
        """
        UPDATE erasures SET
            pending = array_remove(pending, $2::text),
            next_run_at = CASE WHEN array_remove(pending, $2::text) = '{}' THEN clock_timestamp() ELSE next_run_at END
        WHERE user_id = $1 AND completed_at IS NULL AND $2::text = ANY (pending)
        """,
        user_id,
        room,
    )


async def lock_due() -> Due | None:
    """The erasure that has been due for longest, locked; those that others work on are passed over."""
    row = await DB.fetch_row(
        """
        SELECT user_id, pending, attempts FROM erasures WHERE completed_at IS NULL AND next_run_at <= clock_timestamp()
        ORDER BY next_run_at LIMIT 1 FOR UPDATE SKIP LOCKED
        """
    )
    return None if row is None else Due(row["user_id"], tuple(row["pending"]), row["attempts"])


async def postpone(user_id: UUID, pause: timedelta) -> None:
    """Make the next step due after the pause."""
    await DB.execute(
        """
        UPDATE erasures SET attempts = attempts + 1, next_run_at = clock_timestamp() + $2::interval WHERE user_id = $1
        """,
        user_id,
        pause,
    )


async def complete(user_id: UUID) -> None:
    """Note that nothing is left."""
    await DB.execute("UPDATE erasures SET completed_at = now() WHERE user_id = $1 AND completed_at IS NULL", user_id)


async def row_ids(user_id: UUID) -> Mapping[str, list[UUID]]:
    """The account's rows by table: the audit trail knows them when they are gone."""
    found = {"users": [user_id]}
    for table in _OWNED:
        rows = await DB.fetch(f"SELECT id FROM {table} WHERE user_id = $1", user_id)
        found[table] = [row["id"] for row in rows]
    return found


async def forget_trail(traces: Mapping[str, list[UUID]]) -> None:
    """Erase from the audit trail what these rows said."""
    for table, ids in traces.items():
        await forget_in_audit_log(DB, [table], ids)
