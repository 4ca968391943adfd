"""Recipients: the projection of accounts and preferences."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from subgraphs.notification.domain import Preferences, Recipient
from subgraphs.notification.tables import DB

_HOLD = "SELECT pg_advisory_xact_lock_shared(hashtextextended(id::text, 0)) FROM unnest($1::uuid[]) AS person (id)"
_HOLD_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended(id::text, 0)) FROM unnest($1::uuid[]) AS person (id)"


async def hold_people(*user_ids: UUID, erasing: bool = False) -> None:
    """Until the transaction ends, no erasure of these people runs beside it; an erasure also waits for those who tell.

    Not a lock on their rows, as an unknown person has none. Taken before their rows are read or written, and by all in
    the order of ids, so that no two wait for each other: a transaction calls it once, or for the same person again.
    """
    await DB.execute(_HOLD_ALONE if erasing else _HOLD, sorted(user_ids))


async def recipients_by_id(user_ids: Sequence[UUID]) -> dict[UUID, Recipient]:
    """What is known of these users; there is none of an unknown one."""
    rows = await DB.fetch(
        """
        SELECT user_id, email, phone, first_name, locale, email_notifications, sms_notifications, push_notifications,
               active, account_at = 'infinity' AS erased
        FROM recipients WHERE user_id = ANY ($1::uuid[])
        """,
        user_ids,
    )
    return {row["user_id"]: _recipient(row) for row in rows}


def _recipient(row: Any) -> Recipient:
    wanted = Preferences(row["email_notifications"], row["sms_notifications"], row["push_notifications"])
    return Recipient(row["email"], row["phone"], row["first_name"], row["locale"], wanted, row["active"], row["erased"])


async def staff_with(roles: Collection[str]) -> list[UUID]:
    """Open accounts with one of these roles, five hundred at most."""
    rows = await DB.fetch(
        """
        SELECT user_id FROM recipients WHERE role <> 'CUSTOMER' AND role = ANY ($1::text[]) AND active
        ORDER BY user_id LIMIT 500
        """,
        sorted(roles),
    )
    return [row["user_id"] for row in rows]


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
          AND r.account_at < 'infinity'
        """,
        user_id,
        moment.version,
        moment.at,
        email,
        sms,
        push,
        locale,
    )


async def save_profile(user_id: UUID, at: dt.datetime, *, first_name: str | None, phone: str | None) -> None:
    """Project a profile event; an older moment changes nothing, and nothing revives an erased person."""
    await DB.execute(
        """
        INSERT INTO recipients AS r (user_id, profile_at, first_name, phone) VALUES ($1, $2, $3, $4)
        ON CONFLICT (user_id) DO UPDATE
        SET profile_at = excluded.profile_at, first_name = coalesce(excluded.first_name, r.first_name),
            phone = excluded.phone
        WHERE r.profile_at < excluded.profile_at AND r.account_at < 'infinity'
        """,
        user_id,
        at,
        first_name,
        phone,
    )


async def save_role(user_id: UUID, at: dt.datetime, role: str) -> None:
    """Project a change of role; an older moment changes nothing."""
    await DB.execute(
        """
        INSERT INTO recipients AS r (user_id, role_at, role) VALUES ($1, $2, $3)
        ON CONFLICT (user_id) DO UPDATE SET role_at = excluded.role_at, role = excluded.role
        WHERE r.role_at < excluded.role_at AND r.account_at < 'infinity'
        """,
        user_id,
        at,
        role,
    )


async def forget_recipient(user_id: UUID) -> None:
    """Erase what identifies a person; the row stays as a tombstone that no older event can fill again."""
    await DB.execute(
        """
        INSERT INTO recipients (user_id, account_at, account_version, active) VALUES ($1, 'infinity', 2147483647, false)
        ON CONFLICT (user_id) DO UPDATE
        SET email = NULL, first_name = NULL, phone = NULL, locale = 'en', role = 'CUSTOMER', active = false,
            account_at = 'infinity', account_version = 2147483647
        """,
        user_id,
    )
