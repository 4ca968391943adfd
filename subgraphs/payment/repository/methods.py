"""Stored payment methods; removed ones are invisible here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
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
_ERASED: Final = "erased"
"""The fingerprint of a card whose owner was forgotten."""


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


async def begin_storing(user_id: UUID, provider: str, token: str, details: MethodDetails, patience: float) -> UUID:
    """Write down that the provider is about to be asked to store the one-time token; the id is the key to ask under.

    Who asks again with the token asks under the same key. Nobody sees the method yet. When it is not finished after
    ``patience`` seconds, the worker takes it for removed.
    """
    known = await DB.fetch_value(
        """
        UPDATE payment_methods SET detach_after = now() + make_interval(secs => $4)
        WHERE id = (SELECT id FROM payment_methods
                    WHERE user_id = $1 AND provider = $2 AND provider_token = $3 AND fingerprint = $5
                      AND storing AND detach_tries = 0 ORDER BY id LIMIT 1)
        RETURNING id
        """,
        user_id,
        provider,
        token,
        patience,
        details.fingerprint,
    )
    if known is not None:
        return known  # type: ignore[no-any-return]
    return await DB.fetch_value(  # type: ignore[no-any-return]
        """
        INSERT INTO payment_methods (user_id, provider, provider_token, type, fingerprint, brand, last_four_digits,
                                     expiry_month, expiry_year, storing, deleted_at, detach_after)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, true, now(), now() + make_interval(secs => $10)) RETURNING id
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
        patience,
    )


async def finish_storing(method_id: UUID, token: str) -> MethodRecord | None:
    """The method under the token that the provider keeps it by; None when the worker or an erasure has taken it."""
    row = await DB.fetch_row(
        f"""
        UPDATE payment_methods SET provider_token = $2, storing = false, deleted_at = NULL, detach_after = now()
        WHERE id = $1 AND storing AND detach_tries = 0 AND fingerprint <> '{_ERASED}' RETURNING {_METHOD}
        """,
        method_id,
        token,
    )
    return None if row is None else _method(row)


async def give_up_storing(method_id: UUID, token: str) -> None:
    """It is stored and not wanted: removed from the start, under the token that the provider keeps it by."""
    await DB.execute(
        "UPDATE payment_methods SET provider_token = $2, storing = false, detach_after = now() "
        "WHERE id = $1 AND storing AND detach_tries = 0",
        method_id,
        token,
    )


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
        f"""
        UPDATE payment_methods SET deleted_at = coalesce(deleted_at, now()), is_default = false,
            last_four_digits = NULL, brand = NULL, fingerprint = '{_ERASED}'
        WHERE user_id = $1 RETURNING id
        """,
        user_id,
    )
    return [row["id"] for row in rows]


@dataclass(frozen=True, slots=True)
class RemovedMethod:
    """A removed method that the provider may still have; while ``storing`` by the one-time token only."""

    id: UUID
    token: str
    storing: bool
    tries: int


async def take_removed(limit: int, lease_seconds: float) -> list[RemovedMethod]:
    """Removed methods whose time it is; each is this worker's until it is due again."""
    rows = await DB.fetch(
        """
        UPDATE payment_methods
        SET detach_tries = detach_tries + 1, detach_after = now() + make_interval(secs => $2)
        WHERE id IN (
            SELECT id FROM payment_methods WHERE deleted_at IS NOT NULL AND detach_after <= now()
            ORDER BY detach_after, id LIMIT $1 FOR UPDATE SKIP LOCKED)
        RETURNING id, provider_token, storing, detach_tries
        """,
        limit,
        lease_seconds,
    )
    return [RemovedMethod(row["id"], row["provider_token"], row["storing"], row["detach_tries"]) for row in rows]


async def is_told_of(token: str, method_id: UUID) -> bool:
    """Whether another row than this one stands for the card behind a one-time token; that row answers for it then."""
    found = await DB.fetch_value(
        """
        SELECT EXISTS (
            SELECT FROM payment_methods
            WHERE id <> $2 AND (provider_token = $1 OR right(provider_token, length($1) + 1) = '/' || $1))
        """,
        token,
        method_id,
    )
    return bool(found)


async def detach_later(method_id: UUID, seconds: float) -> None:
    """The provider still has it: ask again after a while."""
    await DB.execute(
        "UPDATE payment_methods SET detach_after = now() + make_interval(secs => $2) WHERE id = $1", method_id, seconds
    )


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
