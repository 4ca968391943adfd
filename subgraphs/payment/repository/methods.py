"""Stored payment methods; removed ones are invisible here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from subgraphs.kernel.audit import forget_in_audit_log
from subgraphs.payment.domain import (
    MethodDetails,
    MethodRecord,
    PaymentMethodType,
)
from subgraphs.payment.tables import DB

_METHOD = (
    "id, user_id, provider, type, fingerprint, brand, last_four_digits, expiry_month, expiry_year, provider_token, "
    "is_default"
)


async def methods_by_user(user_ids: Sequence[UUID]) -> list[tuple[UUID, MethodRecord]]:
    """The live methods of these users, oldest first, each with its owner's id."""
    rows = await DB.fetch(
        f"""
        SELECT {_METHOD} FROM payment_methods
        WHERE user_id = ANY($1) AND deleted_at IS NULL ORDER BY user_id, created_at, id
        """,
        user_ids,
    )
    return [(row["user_id"], _method(row)) for row in rows]


async def methods_by_id(ids: Sequence[UUID]) -> dict[UUID, MethodRecord]:
    """The live methods with these ids."""
    rows = await DB.fetch(f"SELECT {_METHOD} FROM payment_methods WHERE id = ANY($1) AND deleted_at IS NULL", ids)
    return {row["id"]: _method(row) for row in rows}


async def lock_methods(user_id: UUID) -> list[MethodRecord]:
    """The user's live methods; the user's methods change in one transaction at a time, also when there is none yet."""
    await DB.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", str(user_id))
    return [method for _, method in await methods_by_user([user_id])]


async def insert_method(user_id: UUID, provider: str, token: str, details: MethodDetails) -> MethodRecord:
    """Store a method."""
    row = await DB.fetch_row(
        f"""
        INSERT INTO payment_methods (user_id, provider, provider_token, type, fingerprint, brand, last_four_digits,
                                     expiry_month, expiry_year)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING {_METHOD}
        """,
        user_id,
        provider,
        token,
        details.type.value,
        details.fingerprint,
        details.brand,
        details.last_four_digits,
        details.expiry_month,
        details.expiry_year,
    )
    return _method(row)


async def set_default(user_id: UUID, method_id: UUID) -> None:
    """Make this the user's only default."""
    await DB.execute(
        "UPDATE payment_methods SET is_default = false WHERE user_id = $1 AND is_default AND id <> $2",
        user_id,
        method_id,
    )
    await DB.execute("UPDATE payment_methods SET is_default = true WHERE id = $1 AND NOT is_default", method_id)


async def soft_delete_method(method_id: UUID) -> None:
    """Remove the method from sight; past payments keep their summary."""
    await DB.execute(
        "UPDATE payment_methods SET deleted_at = now(), is_default = false WHERE id = $1 AND deleted_at IS NULL",
        method_id,
    )


async def forget_owner(user_id: UUID) -> list[UUID]:
    """Remove all methods of a user and what they show of the card; answers the rows that the provider still knows."""
    rows = await DB.fetch(
        """
        UPDATE payment_methods SET deleted_at = coalesce(deleted_at, now()), is_default = false,
            last_four_digits = NULL, brand = NULL, fingerprint = 'erased'
        WHERE user_id = $1 RETURNING id
        """,
        user_id,
    )
    return [row["id"] for row in rows]


async def removed(limit: int) -> list[tuple[UUID, str]]:
    """Removed methods whose tokens the provider still has, longest first; the limit is for all of them together."""
    rows = await DB.fetch(
        """
        SELECT id, provider_token FROM payment_methods WHERE deleted_at IS NOT NULL
        ORDER BY deleted_at, id LIMIT $1
        """,
        limit,
    )
    return [(row["id"], row["provider_token"]) for row in rows]


async def delete(method_id: UUID) -> None:
    """Delete a removed method's row for good, and what the audit trail says of it."""
    async with DB.transaction():
        await DB.execute("DELETE FROM payment_methods WHERE id = $1 AND deleted_at IS NOT NULL", method_id)
        await forget_in_audit_log(DB, ["payment_methods"], [method_id])


def _method(row: Mapping[str, Any]) -> MethodRecord:
    details = MethodDetails(
        type=PaymentMethodType(row["type"]),
        fingerprint=row["fingerprint"],
        brand=row["brand"],
        last_four_digits=row["last_four_digits"],
        expiry_month=row["expiry_month"],
        expiry_year=row["expiry_year"],
    )
    return MethodRecord(row["id"], row["user_id"], row["provider"], details, row["provider_token"], row["is_default"])
