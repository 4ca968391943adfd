"""Attempts at payments, each written before the provider is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from subgraphs.payment.domain import (
    AttemptRecord,
    PaymentRecord,
    PaymentStatus,
)
from subgraphs.payment.tables import DB

_ATTEMPT = "id, payment_id, request_hash, status, provider_reference, error_code, created_at"


async def attempts_by_payment(payment_ids: Sequence[UUID]) -> list[tuple[UUID, AttemptRecord]]:
    """The attempts of these payments, oldest first, each with its payment's id."""
    rows = await DB.fetch(
        f"SELECT {_ATTEMPT} FROM payment_attempts WHERE payment_id = ANY($1) ORDER BY payment_id, created_at, id",
        payment_ids,
    )
    return [(row["payment_id"], _attempt(row)) for row in rows]


async def attempt_by_key(key: str) -> AttemptRecord | None:
    """The attempt that was made under this key."""
    row = await DB.fetch_row(f"SELECT {_ATTEMPT} FROM payment_attempts WHERE idempotency_key = $1", key)
    return None if row is None else _attempt(row)


async def insert_attempt(payment: PaymentRecord, key: str, request_hash: str, provider: str) -> AttemptRecord:
    """Record that the provider is about to be asked."""
    row = await DB.fetch_row(
        f"""
        INSERT INTO payment_attempts (payment_id, idempotency_key, request_hash, amount, provider)
        VALUES ($1, $2, $3, $4, $5) RETURNING {_ATTEMPT}
        """,
        payment.id,
        key,
        request_hash,
        payment.amount,
        provider,
    )
    return _attempt(row)


async def settle_attempt(
    attempt_id: UUID, status: PaymentStatus, reference: str | None, error_code: str | None
) -> None:
    """Record what the provider answered."""
    await DB.execute(
        """
        UPDATE payment_attempts
        SET status = $2, provider_reference = coalesce($3, provider_reference), error_code = $4 WHERE id = $1
        """,
        attempt_id,
        status.value,
        reference,
        error_code,
    )


async def settle_authorized(payment_id: UUID, status: PaymentStatus) -> None:
    """The authorised attempt of a payment follows what becomes of it: captured or voided."""
    await DB.execute(
        "UPDATE payment_attempts SET status = $2 WHERE payment_id = $1 AND status = 'authorized'",
        payment_id,
        status.value,
    )


def _attempt(row: Mapping[str, Any]) -> AttemptRecord:
    values = dict(row)
    return AttemptRecord(status=PaymentStatus(values.pop("status")), **values)
