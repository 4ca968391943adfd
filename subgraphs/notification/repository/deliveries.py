"""Delivery: what is due, attempts and their outcome, dead ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from subgraphs.notification.announcements import Link
from subgraphs.notification.domain import Channel
from subgraphs.notification.tables import DB

DEAD_CONSUMER: Final = "delivery"
NO_ADDRESS: Final = "no address is known yet"
"""Why a message waits whose recipient or order has not been heard of: events of several services are in no order."""
_LEASE: Final = timedelta(minutes=2)  # longer than any channel's timeout


@dataclass(frozen=True, slots=True)
class Due:
    """A claimed attempt: the notification, and where it goes as far as that is known."""

    id: UUID
    attempt: int
    log_id: UUID
    user_id: UUID
    channel: Channel
    title: str
    message: str
    address: str | None
    link: Link | None


async def claim_due(channels: Collection[Channel], limit: int) -> list[Due]:
    """Begin an attempt for what has been due for longest: counted, leased, and with its row in the log."""
    rows = await DB.fetch(
        """
        WITH due AS (
            SELECT id FROM notifications
            WHERE delivery_status = 'pending' AND type <> 'in_app' AND type = ANY ($1::text[])
              AND next_attempt_at <= clock_timestamp()
            ORDER BY next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED
        ), claimed AS (
            UPDATE notifications n SET attempts = n.attempts + 1, next_attempt_at = clock_timestamp() + $3::interval
            FROM due WHERE n.id = due.id
            RETURNING n.id, n.attempts, n.user_id, n.type, n.title, n.message, n.link_kind, n.link_token_id, n.address,
                      n.order_id
        ), logged AS (
            INSERT INTO notification_logs (notification_id, status) SELECT id, 'pending' FROM claimed
            RETURNING id, notification_id
        )
        SELECT c.id, c.attempts, l.id AS log_id, c.user_id, c.type, c.title, c.message, c.link_kind, c.link_token_id,
               CASE c.type WHEN 'sms' THEN r.phone ELSE coalesce(c.address, o.email, r.email) END AS address
        FROM claimed c JOIN logged l ON l.notification_id = c.id LEFT JOIN recipients r ON r.user_id = c.user_id
            LEFT JOIN order_contacts o ON o.order_id = c.order_id AND o.user_id = c.user_id
        ORDER BY c.id
        """,
        sorted(channel.value for channel in channels),
        limit,
        _LEASE,
    )
    return [_due(row) for row in rows]


async def renew(due: Due) -> bool:
    """Begin the lease of an attempt anew; whether it is still the newest one."""
    renewed = await DB.execute(
        """
        UPDATE notifications SET next_attempt_at = clock_timestamp() + $3::interval
        WHERE id = $1 AND delivery_status = 'pending' AND attempts = $2
        """,
        due.id,
        due.attempt,
        _LEASE,
    )
    return renewed == 1


async def record_success(due: Due) -> None:
    """The channel took it: one statement, for a process that dies before it has committed sends the message again."""
    await DB.execute(
        """
        WITH sent AS (
            UPDATE notifications SET delivery_status = 'sent' WHERE id = $1 AND delivery_status = 'pending'
        )
        UPDATE notification_logs SET status = 'sent', sent_at = now() WHERE id = $2
        """,
        due.id,
        due.log_id,
    )


async def record_failure(due: Due, reason: str, pause: timedelta | None) -> bool:
    """The channel did not take it: again after the pause, or never when that is None.

    Only the log is told of an attempt after which another has begun; then the answer is False.
    """
    async with DB.transaction():
        newest = await DB.execute(
            """
            UPDATE notifications
            SET delivery_status = CASE WHEN $2::interval IS NULL THEN 'failed' ELSE delivery_status END,
                next_attempt_at = clock_timestamp() + coalesce($2::interval, interval '0')
            WHERE id = $1 AND delivery_status = 'pending' AND attempts = $3
            """,
            due.id,
            pause,
            due.attempt,
        )
        await DB.execute(
            "UPDATE notification_logs SET status = 'failed', error_message = $2 WHERE id = $1",
            due.log_id,
            reason[:2000],
        )
    return newest == 1


async def bury(due: Due, reason: str) -> None:
    """Leave a dead letter, whose event id is the notification's; nothing personal is in it."""
    await DB.execute(
        """
        INSERT INTO dead_letters (consumer, event_id, event_type, stream, event, error, attempts)
        VALUES ($1, $2, $3, 'notifications', $4, $5, $6)
        ON CONFLICT (consumer, event_id) DO UPDATE SET error = excluded.error, attempts = excluded.attempts
        """,
        DEAD_CONSUMER,
        due.id,
        f"delivery.{due.channel.value}",
        {"notification_id": str(due.id), "payload": {"user_id": str(due.user_id)}},
        reason[:2000],
        due.attempt,
    )


async def requeue(notification_id: UUID) -> int:
    """Make a failed delivery due again with all its attempts; answers how many that were."""
    return await DB.execute(
        """
        UPDATE notifications SET delivery_status = 'pending', attempts = 0, next_attempt_at = clock_timestamp()
        WHERE id = $1 AND delivery_status = 'failed'
        """,
        notification_id,
    )


async def revive_unaddressed(order_id: UUID) -> None:
    """Make due again what was given up about an order because nobody knew where to write."""
    await DB.execute(
        """
        WITH revived AS (
            UPDATE notifications n SET delivery_status = 'pending', attempts = 0, next_attempt_at = clock_timestamp()
            FROM dead_letters d
            WHERE n.order_id = $1 AND n.delivery_status = 'failed'
              AND d.consumer = $2 AND d.event_id = n.id AND d.error = $3
            RETURNING n.id
        )
        DELETE FROM dead_letters d USING revived r WHERE d.consumer = $2 AND d.event_id = r.id
        """,
        order_id,
        DEAD_CONSUMER,
        NO_ADDRESS,
    )


def _due(row: Any) -> Due:
    kind = row["link_kind"]
    return Due(
        id=row["id"],
        attempt=row["attempts"],
        log_id=row["log_id"],
        user_id=row["user_id"],
        channel=Channel(row["type"]),
        title=row["title"],
        message=row["message"],
        address=row["address"],
        link=None if kind is None else Link(kind, row["link_token_id"]),
    )
