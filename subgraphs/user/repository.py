"""Every SQL statement of user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from subgraphs.user.addresses import Address, AddressEntry, AddressType
from subgraphs.user.domain import Preferences, PreferencesChange, Profile, Theme
from subgraphs.user.tables import DB

_PROFILE: Final = "user_id, first_name, last_name, phone_number, avatar_url, date_of_birth, created_at"
_ADDRESS: Final = (
    "id, user_id, address_type, recipient, street, street2, city, state, zip_code, country, phone, is_default"
)
_PREFERENCES: Final = "email_notifications, sms_notifications, push_notifications, currency, language, theme"

# -- profiles ---------------------------------------------------------------------------------------------------------


async def profiles_by_user(ids: list[UUID]) -> Mapping[UUID, Profile]:
    """Live profiles; deleted ones are absent."""
    rows = await DB.fetch(
        f"SELECT {_PROFILE} FROM user_profiles WHERE user_id = ANY($1::uuid[]) AND deleted_at IS NULL", ids
    )
    return {row["user_id"]: Profile(**row) for row in rows}


async def lock_profile(user_id: UUID) -> Profile | None:
    """The user's live profile, locked until the transaction ends."""
    row = await DB.fetch_row(
        f"SELECT {_PROFILE} FROM user_profiles WHERE user_id = $1 AND deleted_at IS NULL FOR UPDATE", user_id
    )
    return None if row is None else Profile(**row)


async def save_profile(profile: Profile) -> None:
    """Write a changed profile."""
    await DB.execute(
        """
        UPDATE user_profiles
        SET first_name = $2, last_name = $3, phone_number = $4, avatar_url = $5, date_of_birth = $6
        WHERE user_id = $1 AND deleted_at IS NULL
        """,
        profile.user_id,
        profile.first_name,
        profile.last_name,
        profile.phone_number,
        profile.avatar_url,
        profile.date_of_birth,
    )


async def insert_profile(user_id: UUID, first_name: str, last_name: str, registered_at: datetime) -> bool:
    """Create a profile; False when the user has, or had, one."""
    return bool(
        await DB.execute(
            """
            INSERT INTO user_profiles (user_id, first_name, last_name, created_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (user_id) DO NOTHING
            """,
            user_id,
            first_name,
            last_name,
            registered_at,
        )
    )


async def row_ids(user_id: UUID) -> Mapping[str, list[UUID]]:
    """The user's rows by table, removed ones included: the audit trail knows them when they are gone."""
    found = {}
    for table in ("user_profiles", "user_addresses", "user_preferences"):
        rows = await DB.fetch(f"SELECT id FROM {table} WHERE user_id = $1", user_id)
        found[table] = [row["id"] for row in rows]
    return found


async def forget_user(user_id: UUID) -> None:
    """Erase a person; a deleted profile without anything in it stays."""
    await DB.execute("DELETE FROM user_addresses WHERE user_id = $1", user_id)
    await DB.execute("DELETE FROM user_preferences WHERE user_id = $1", user_id)
    await DB.execute(
        """
        INSERT INTO user_profiles (user_id, first_name, last_name, deleted_at) VALUES ($1, '', '', now())
        ON CONFLICT (user_id) DO UPDATE
        SET first_name = '', last_name = '', phone_number = NULL, avatar_url = NULL, date_of_birth = NULL,
            deleted_at = coalesce(user_profiles.deleted_at, now())
        """,
        user_id,
    )


# -- preferences ------------------------------------------------------------------------------------------------------


async def preferences_by_user(ids: list[UUID]) -> Mapping[UUID, Preferences]:
    """Preferences of those who have registered."""
    rows = await DB.fetch(f"SELECT user_id, {_PREFERENCES} FROM user_preferences WHERE user_id = ANY($1::uuid[])", ids)
    return {row["user_id"]: _preferences(row) for row in rows}


async def merge_preferences(user_id: UUID, change: PreferencesChange) -> Preferences:
    """Write the given values over the present ones, or over the defaults; one statement, so no change is lost."""
    row = await DB.fetch_row(
        f"""
        INSERT INTO user_preferences AS stored
            (user_id, email_notifications, sms_notifications, push_notifications, currency, language, theme)
        VALUES ($1, coalesce($2, true), coalesce($3, false), coalesce($4, true),
                coalesce($5, 'USD'), coalesce($6, 'en'), coalesce($7, 'light'))
        ON CONFLICT (user_id) DO UPDATE SET
            email_notifications = coalesce($2, stored.email_notifications),
            sms_notifications = coalesce($3, stored.sms_notifications),
            push_notifications = coalesce($4, stored.push_notifications),
            currency = coalesce($5, stored.currency),
            language = coalesce($6, stored.language),
            theme = coalesce($7, stored.theme)
        RETURNING {_PREFERENCES}
        """,
        user_id,
        change.email_notifications,
        change.sms_notifications,
        change.push_notifications,
        change.currency,
        change.language,
        change.theme.value if change.theme else None,
    )
    return _preferences(row)


# -- addresses --------------------------------------------------------------------------------------------------------


async def addresses_by_user(ids: list[UUID]) -> Iterable[tuple[UUID, Address]]:
    """Address books: defaults first, then in the order of adding."""
    rows = await DB.fetch(
        f"""
        SELECT {_ADDRESS} FROM user_addresses WHERE user_id = ANY($1::uuid[]) AND deleted_at IS NULL
        ORDER BY is_default DESC, created_at, id
        """,
        ids,
    )
    return [(row["user_id"], _address(row)) for row in rows]


async def addresses_by_id(ids: list[UUID]) -> Mapping[UUID, Address]:
    """Addresses that are in a book, whoever's."""
    rows = await DB.fetch(
        f"SELECT {_ADDRESS} FROM user_addresses WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL", ids
    )
    return {row["id"]: _address(row) for row in rows}


async def lock_address_book(user_id: UUID) -> None:
    """Wait for other changes of this user's addresses, until the transaction ends.

    Rows cannot be locked instead: two first addresses that both want to be the default have no row in common.
    """
    await DB.execute("SELECT pg_advisory_xact_lock(hashtextextended('user_addresses:' || $1::text, 0))", str(user_id))


async def address_of(user_id: UUID, address_id: UUID) -> Address | None:
    """An address in this user's book."""
    row = await DB.fetch_row(
        f"SELECT {_ADDRESS} FROM user_addresses WHERE id = $2 AND user_id = $1 AND deleted_at IS NULL",
        user_id,
        address_id,
    )
    return None if row is None else _address(row)


async def count_addresses(user_id: UUID) -> int:
    """How many addresses the book holds."""
    count: int = await DB.fetch_value(
        "SELECT count(*) FROM user_addresses WHERE user_id = $1 AND deleted_at IS NULL", user_id
    )
    return count


async def clear_default(user_id: UUID, kind: AddressType, *, but: UUID | None = None) -> None:
    """Leave no other default of this type; under the lock of the book."""
    await DB.execute(
        """
        UPDATE user_addresses SET is_default = false
        WHERE user_id = $1 AND address_type = $2 AND is_default AND deleted_at IS NULL AND id IS DISTINCT FROM $3
        """,
        user_id,
        kind.value,
        but,
    )


async def insert_address(user_id: UUID, entry: AddressEntry) -> Address:
    """Add a checked address to the book."""
    row = await DB.fetch_row(
        f"""
        INSERT INTO user_addresses (user_id, address_type, recipient, street, street2, city, state, zip_code, country,
                                    phone, is_default)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        RETURNING {_ADDRESS}
        """,
        user_id,
        *_values(entry),
    )
    return _address(row)


async def replace_address(user_id: UUID, address_id: UUID, entry: AddressEntry) -> Address | None:
    """Write a checked address over one in the book."""
    row = await DB.fetch_row(
        f"""
        UPDATE user_addresses
        SET address_type = $3, recipient = $4, street = $5, street2 = $6, city = $7, state = $8, zip_code = $9,
            country = $10, phone = $11, is_default = $12
        WHERE user_id = $1 AND id = $2 AND deleted_at IS NULL
        RETURNING {_ADDRESS}
        """,
        user_id,
        address_id,
        *_values(entry),
    )
    return None if row is None else _address(row)


async def make_default(user_id: UUID, address_id: UUID) -> Address | None:
    """Mark an address in the book as the default of its type; others must have been cleared."""
    row = await DB.fetch_row(
        f"""
        UPDATE user_addresses SET is_default = true
        WHERE user_id = $1 AND id = $2 AND deleted_at IS NULL
        RETURNING {_ADDRESS}
        """,
        user_id,
        address_id,
    )
    return None if row is None else _address(row)


async def delete_address(user_id: UUID, address_id: UUID) -> Address | None:
    """Take an address out of the book; the row stays for the audit trail (D07)."""
    row = await DB.fetch_row(
        f"""
        UPDATE user_addresses SET deleted_at = now(), is_default = false
        WHERE user_id = $1 AND id = $2 AND deleted_at IS NULL
        RETURNING {_ADDRESS}
        """,
        user_id,
        address_id,
    )
    return None if row is None else _address(row)


def _values(entry: AddressEntry) -> tuple[object, ...]:
    return (
        entry.type.value,
        entry.recipient,
        entry.street,
        entry.street2,
        entry.city,
        entry.state or "",
        entry.zip_code or "",
        entry.country,
        entry.phone,
        entry.is_default,
    )


def _address(row: Any) -> Address:
    columns = dict(row)
    return Address(type=AddressType(columns.pop("address_type")), **columns)


def _preferences(row: Any) -> Preferences:
    return Preferences(
        email_notifications=row["email_notifications"],
        sms_notifications=row["sms_notifications"],
        push_notifications=row["push_notifications"],
        currency=row["currency"],
        language=row["language"],
        theme=Theme(row["theme"]),
    )
