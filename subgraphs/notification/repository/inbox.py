"""Notifications and their delivery attempts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from subgraphs.kernel.pagination import Column, Keyset, Page, PageRequest
from subgraphs.kernel.partitions import detached_partitions
from subgraphs.notification.announcements import Link
from subgraphs.notification.domain import (
    LINK,
    Channel,
    Delivery,
    DeliveryStatus,
    Notification,
    Priority,
    ReadStatus,
)
from subgraphs.notification.tables import DB

NEWEST = Keyset("NEWEST", (Column("n.created_at", dt.datetime, descending=True), Column("n.id", UUID, descending=True)))

MAX_PER_ORDER = 100

_COLUMNS = """
n.id, n.user_id, n.type, n.category, n.title, n.message, n.status, n.priority, n.data, n.read_at, n.created_at,
n.order_id
"""


async def notifications_by_id(ids: list[UUID]) -> dict[UUID, Notification]:
    rows = await DB.fetch(f"SELECT {_COLUMNS} FROM notifications n WHERE n.id = ANY($1::uuid[])", ids)
    return {row["id"]: _notification(row) for row in rows}


async def inbox_pages(request: PageRequest, unread_only: bool, users: list[UUID]) -> dict[UUID, Page[Notification]]:
    """One page of each user's inbox, newest first, in one statement."""
    beyond, position = request.where(next_parameter=3)
    rows = await DB.fetch(
        f"""
        SELECT {_COLUMNS} FROM unnest($1::uuid[]) AS owner (id) CROSS JOIN LATERAL (
            SELECT {_COLUMNS} FROM notifications n
            WHERE n.user_id = owner.id AND n.type = 'in_app' AND (NOT $2 OR n.status = 'unread') AND {beyond}
            ORDER BY {request.order_by} LIMIT {request.limit}
        ) AS n
        ORDER BY {request.order_by}
        """,
        users,
        unread_only,
        *position,
    )
    grouped: defaultdict[UUID, list[Notification]] = defaultdict(list)
    for row in rows:
        grouped[row["user_id"]].append(_notification(row))
    return {user: request.page(grouped[user], key=_newest_key) for user in users}


async def inbox_counts(unread_only: bool, users: list[UUID]) -> dict[UUID, int]:
    rows = await DB.fetch(
        """
        SELECT user_id, count(*) AS count FROM notifications
        WHERE user_id = ANY($1::uuid[]) AND type = 'in_app' AND (NOT $2 OR status = 'unread')
        GROUP BY user_id
        """,
        users,
        unread_only,
    )
    return {row["user_id"]: row["count"] for row in rows}


async def unread_counts(users: list[UUID]) -> dict[UUID, int]:
    """Separate from ``inbox_counts`` so that the partial index on unread rows answers it."""
    rows = await DB.fetch(
        """
        SELECT user_id, count(*) AS count FROM notifications
        WHERE user_id = ANY($1::uuid[]) AND status = 'unread' AND type = 'in_app'
        GROUP BY user_id
        """,
        users,
    )
    return {row["user_id"]: row["count"] for row in rows}


async def notifications_by_order(reader: UUID | None, orders: list[UUID]) -> list[tuple[UUID, Notification]]:
    """What was told about each order, the newest hundred; only to ``reader``, or to anyone when that is None."""
    rows = await DB.fetch(
        f"""
        SELECT {_COLUMNS} FROM unnest($1::uuid[]) AS k (key) CROSS JOIN LATERAL (
            SELECT {_COLUMNS} FROM notifications n
            WHERE n.order_id = k.key AND ($2::uuid IS NULL OR n.user_id = $2)
            ORDER BY n.created_at DESC, n.id DESC LIMIT $3
        ) AS n ORDER BY n.order_id, n.created_at DESC, n.id DESC
        """,
        orders,
        reader,
        MAX_PER_ORDER,
    )
    return [(row["order_id"], _notification(row)) for row in rows]


async def deliveries(notifications: list[UUID]) -> list[tuple[UUID, Delivery]]:
    rows = await DB.fetch(
        """
        SELECT notification_id, status, error_message, sent_at FROM notification_logs
        WHERE notification_id = ANY($1::uuid[]) ORDER BY created_at, id
        """,
        notifications,
    )
    return [
        (row["notification_id"], Delivery(DeliveryStatus(row["status"]), row["error_message"], row["sent_at"]))
        for row in rows
    ]


async def insert_notification(
    *,
    user_id: UUID,
    channel: Channel,
    category: str,
    title: str,
    message: str,
    priority: Priority,
    data: Mapping[str, Any] | None,
    event_id: UUID,
    occurred_at: dt.datetime,
    order_id: UUID | None,
    address: str | None = None,
    link: Link | None = None,
) -> UUID | None:
    """The new row's id; None when this user was told of this event over this channel before.

    It is of the time of its event, by which a repetition finds it in its partition.
    """
    row_id: UUID | None = await DB.fetch_value(
        """
        INSERT INTO notifications
            (user_id, type, category, title, message, priority, data, event_id, order_id, delivery_status, address,
             link_kind, link_token_id, created_at)
        VALUES ($1, $2::text, $3, $4, $5, $6, $7, $8, $9, CASE $2::text WHEN 'in_app' THEN 'sent' ELSE 'pending' END,
                $10, $11, $12, $13)
        ON CONFLICT (event_id, user_id, type, created_at) WHERE event_id IS NOT NULL DO NOTHING
        RETURNING id
        """,
        user_id,
        channel.value,
        category,
        title,
        message,
        priority.value,
        dict(data) if data is not None else None,
        event_id,
        order_id,
        address,
        None if link is None else link.kind,
        None if link is None else link.token_id,
        occurred_at,
    )
    return row_id


async def delete_all(user_id: UUID) -> None:
    """Remove everything a user was told, with its delivery log; an attempt under way settles on nothing.

    In months that were detached, too. Runs in the caller's transaction.
    """
    removed: list[UUID] = []
    for table in await _with_detached("notifications"):
        rows = await DB.fetch(f"DELETE FROM {table} WHERE user_id = $1 RETURNING id", user_id)
        removed += [row["id"] for row in rows]
    for table in await _with_detached("notification_logs"):
        await DB.execute(f"DELETE FROM {table} WHERE notification_id = ANY ($1::uuid[])", removed)


async def _with_detached(table: str) -> list[str]:
    """The table and its former partitions; locked, so that no more of them become that meanwhile."""
    await DB.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")
    return [table, *await detached_partitions(DB, table)]


async def mark_read(notification_id: UUID, user_id: UUID) -> Notification | None:
    """The notification, read now or before; None when the user has no such one."""
    row = await DB.fetch_row(
        f"""
        UPDATE notifications n SET status = 'read', read_at = coalesce(n.read_at, now())
        WHERE n.id = $1 AND n.user_id = $2 RETURNING {_COLUMNS}
        """,
        notification_id,
        user_id,
    )
    return _notification(row) if row is not None else None


async def mark_all_read(user_id: UUID, before: dt.datetime | None) -> int:
    return await DB.execute(
        """
        UPDATE notifications SET status = 'read', read_at = now()
        WHERE user_id = $1 AND status = 'unread' AND ($2::timestamptz IS NULL OR created_at < $2)
        """,
        user_id,
        before,
    )


def _notification(row: Any) -> Notification:
    return Notification(
        id=row["id"],
        user_id=row["user_id"],
        type=Channel(row["type"]),
        category=row["category"],
        title=row["title"],
        message=row["message"].replace(LINK, "…"),  # a link is for the mail alone
        status=ReadStatus(row["status"]),
        priority=Priority(row["priority"]),
        data=row["data"],
        read_at=row["read_at"],
        created_at=row["created_at"],
        order_id=row["order_id"],
    )


def _newest_key(notification: Notification) -> tuple[dt.datetime, UUID]:
    return notification.created_at, notification.id
