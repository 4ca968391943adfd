"""Every SQL statement of the notification room; reads are batched by key."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from subgraphs.kernel.pagination import Column, Keyset, Page, PageRequest
from subgraphs.notification.domain import (
    Channel,
    DeadLetter,
    Delivery,
    DeliveryStatus,
    Notification,
    Priority,
    ReadStatus,
    Template,
)
from subgraphs.notification.tables import DB

NEWEST = Keyset("NEWEST", (Column("n.created_at", dt.datetime, descending=True), Column("n.id", UUID, descending=True)))

_COLUMNS = """
n.id, n.user_id, n.type, n.category, n.title, n.message, n.status, n.priority, n.data, n.read_at, n.created_at,
n.order_id
"""
_TEMPLATE_COLUMNS = "id, name, type, subject, body, variables, is_active, locale"

# -- notifications -----------------------------------------------------------------------------------------------------


async def notifications_by_id(ids: list[UUID]) -> dict[UUID, Notification]:
    rows = await DB.fetch(f"SELECT {_COLUMNS} FROM notifications n WHERE n.id = ANY($1::uuid[])", ids)
    return {row["id"]: _notification(row) for row in rows}


async def inbox_pages(request: PageRequest, unread_only: bool, users: list[UUID]) -> dict[UUID, Page[Notification]]:
    """One page of each user's inbox, newest first, in one statement."""
    beyond, position = request.where(next_parameter=3)
    rows = await DB.fetch(
        f"""
        SELECT n.* FROM unnest($1::uuid[]) AS owner (id) CROSS JOIN LATERAL (
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
    """What was told about each order, newest first; only to ``reader``, or to anyone when that is None."""
    rows = await DB.fetch(
        f"""
        SELECT {_COLUMNS} FROM notifications n
        WHERE n.order_id = ANY($1::uuid[]) AND ($2::uuid IS NULL OR n.user_id = $2)
        ORDER BY n.order_id, n.created_at DESC, n.id DESC
        """,
        orders,
        reader,
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
    order_id: UUID | None,
) -> UUID | None:
    """The new row's id; None when this user was told of this event over this channel before."""
    row_id: UUID | None = await DB.fetch_value(
        """
        INSERT INTO notifications
            (user_id, type, category, title, message, priority, data, event_id, order_id, delivery_status)
        VALUES ($1, $2::text, $3, $4, $5, $6, $7, $8, $9, CASE $2::text WHEN 'in_app' THEN 'sent' ELSE 'pending' END)
        ON CONFLICT (event_id, user_id, type) WHERE event_id IS NOT NULL DO NOTHING
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
    )
    return row_id


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


# -- templates ---------------------------------------------------------------------------------------------------------


async def templates(channel: Channel | None) -> list[Template]:
    rows = await DB.fetch(
        f"""
        SELECT {_TEMPLATE_COLUMNS} FROM notification_templates
        WHERE deleted_at IS NULL AND ($1::text IS NULL OR type = $1) ORDER BY name LIMIT 500
        """,
        channel.value if channel is not None else None,
    )
    return [_template(row) for row in rows]


async def first_template(names: Sequence[str]) -> Template | None:
    """The live template whose name comes first in ``names``."""
    row = await DB.fetch_row(
        f"""
        SELECT {_TEMPLATE_COLUMNS} FROM notification_templates
        WHERE deleted_at IS NULL AND name = ANY($1::text[]) ORDER BY array_position($1::text[], name::text) LIMIT 1
        """,
        list(names),
    )
    return _template(row) if row is not None else None


async def upsert_template(
    *, name: str, channel: Channel, locale: str, subject: str | None, body: str, variables: Sequence[str], active: bool
) -> Template:
    row = await DB.fetch_row(
        f"""
        INSERT INTO notification_templates (name, type, locale, subject, body, variables, is_active)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (name) WHERE deleted_at IS NULL DO UPDATE
        SET type = excluded.type, locale = excluded.locale, subject = excluded.subject, body = excluded.body,
            variables = excluded.variables, is_active = excluded.is_active
        RETURNING {_TEMPLATE_COLUMNS}
        """,
        name,
        channel.value,
        locale,
        subject,
        body,
        list(variables),
        active,
    )
    return _template(row)


# -- recipients --------------------------------------------------------------------------------------------------------


async def recipient(user_id: UUID) -> Mapping[str, Any] | None:
    """``first_name`` and ``locale`` of a user; None when nothing is known yet."""
    row = await DB.fetch_row("SELECT first_name, locale FROM recipients WHERE user_id = $1", user_id)
    return dict(row) if row is not None else None


@dataclass(frozen=True, slots=True)
class Moment:
    """Where an event stands among those of its aggregate: by version, then by time."""

    version: int
    at: dt.datetime


async def save_account(
    user_id: UUID, moment: Moment, *, email: str | None, first_name: str | None, locale: str | None, active: bool | None
) -> None:
    """Project an account event; null leaves what is known, an older moment changes nothing."""
    await DB.execute(
        """
        INSERT INTO recipients AS r (user_id, account_version, account_at, email, first_name, locale, active)
        VALUES ($1, $2, $3, $4, $5, coalesce($6, 'en'), coalesce($7, true))
        ON CONFLICT (user_id) DO UPDATE
        SET account_version = excluded.account_version, account_at = excluded.account_at,
            email = coalesce(excluded.email, r.email), first_name = coalesce(excluded.first_name, r.first_name),
            locale = coalesce($6, r.locale), active = coalesce($7, r.active)
        WHERE (r.account_version, r.account_at) < (excluded.account_version, excluded.account_at)
        """,
        user_id,
        moment.version,
        moment.at,
        email,
        first_name,
        locale,
        active,
    )


async def save_preferences(
    user_id: UUID, moment: Moment, *, email: bool, sms: bool, push: bool, locale: str | None
) -> None:
    """Project a preferences event; an older moment changes nothing."""
    await DB.execute(
        """
        INSERT INTO recipients AS r (user_id, preferences_version, preferences_at,
            email_notifications, sms_notifications, push_notifications, locale)
        VALUES ($1, $2, $3, $4, $5, $6, coalesce($7, 'en'))
        ON CONFLICT (user_id) DO UPDATE
        SET preferences_version = excluded.preferences_version, preferences_at = excluded.preferences_at,
            email_notifications = excluded.email_notifications, sms_notifications = excluded.sms_notifications,
            push_notifications = excluded.push_notifications, locale = coalesce($7, r.locale)
        WHERE (r.preferences_version, r.preferences_at) < (excluded.preferences_version, excluded.preferences_at)
        """,
        user_id,
        moment.version,
        moment.at,
        email,
        sms,
        push,
        locale,
    )


async def forget_recipient(user_id: UUID) -> None:
    """Erase what identifies a person; the row stays as a tombstone that no older event can fill again."""
    await DB.execute(
        """
        INSERT INTO recipients (user_id, account_at, account_version, active) VALUES ($1, 'infinity', 2147483647, false)
        ON CONFLICT (user_id) DO UPDATE
        SET email = NULL, first_name = NULL, active = false, account_at = 'infinity', account_version = 2147483647
        """,
        user_id,
    )


# -- dead letters ------------------------------------------------------------------------------------------------------


async def dead_letters(limit: int) -> list[DeadLetter]:
    rows = await DB.fetch(
        "SELECT event_id, event_type, error, attempts FROM dead_letters ORDER BY created_at DESC, id DESC LIMIT $1",
        limit,
    )
    return [DeadLetter(row["event_id"], row["event_type"], row["error"], row["attempts"]) for row in rows]


async def dead_letter_events(event_id: UUID) -> list[Mapping[str, Any]]:
    rows = await DB.fetch("SELECT event FROM dead_letters WHERE event_id = $1", event_id)
    return [row["event"] for row in rows]


async def remove_dead_letter(event_id: UUID) -> int:
    return await DB.execute("DELETE FROM dead_letters WHERE event_id = $1", event_id)


def _notification(row: Any) -> Notification:
    return Notification(
        id=row["id"],
        user_id=row["user_id"],
        type=Channel(row["type"]),
        category=row["category"],
        title=row["title"],
        message=row["message"],
        status=ReadStatus(row["status"]),
        priority=Priority(row["priority"]),
        data=row["data"],
        read_at=row["read_at"],
        created_at=row["created_at"],
        order_id=row["order_id"],
    )


def _template(row: Any) -> Template:
    return Template(
        id=row["id"],
        name=row["name"],
        type=Channel(row["type"]),
        subject=row["subject"],
        body=row["body"],
        variables=row["variables"],
        active=row["is_active"],
        locale=row["locale"],
    )


def _newest_key(notification: Notification) -> tuple[dt.datetime, UUID]:
    return notification.created_at, notification.id
