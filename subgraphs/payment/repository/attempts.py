"""Attempts at payments, each written before the provider is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from subgraphs.payment.domain import AttemptRecord, PaymentRecord, PaymentStatus
from subgraphs.payment.tables import DB

FIRST_POLL_SECONDS = 5
HELD_POLL_SECONDS = 3600
"""What is held is taken or let go within seconds; the worker looks when nobody does, and when it has run out."""
_ATTEMPT = (
    "a.id, a.payment_id, a.request_hash, a.status, a.amount, a.provider_reference, a.error_code, a.orphaned, a.polls, "
    "a.created_at"
)


async def attempts_by_payment(payment_ids: Sequence[UUID]) -> list[tuple[UUID, AttemptRecord]]:
    """The attempts of these payments, oldest first, each with its payment's id."""
    rows = await DB.fetch(
        f"SELECT {_ATTEMPT} FROM payment_attempts a WHERE a.payment_id = ANY($1) "
        "ORDER BY a.payment_id, a.created_at, a.id",
        payment_ids,
    )
    return [(row["payment_id"], _attempt(row)) for row in rows]


async def attempt_by_key(key: str) -> AttemptRecord | None:
    """The attempt that was made under this key."""
    row = await DB.fetch_row(f"SELECT {_ATTEMPT} FROM payment_attempts a WHERE a.idempotency_key = $1", key)
    return None if row is None else _attempt(row)


async def attempt_by_id(attempt_id: UUID) -> AttemptRecord | None:
    """The attempt; whoever wants to change it has locked its payment first."""
    row = await DB.fetch_row(f"SELECT {_ATTEMPT} FROM payment_attempts a WHERE a.id = $1", attempt_id)
    return None if row is None else _attempt(row)


async def attempt_by_reference(reference: str) -> AttemptRecord | None:
    """The attempt that the provider knows by this reference."""
    row = await DB.fetch_row(f"SELECT {_ATTEMPT} FROM payment_attempts a WHERE a.provider_reference = $1", reference)
    return None if row is None else _attempt(row)


async def insert_attempt(payment: PaymentRecord, key: str, request_hash: str, provider: str) -> AttemptRecord:
    """Record that the provider is about to be asked; the worker looks after it when nobody writes an outcome."""
    row = await DB.fetch_row(
        f"""
        INSERT INTO payment_attempts AS a (payment_id, idempotency_key, request_hash, amount, provider, next_poll_at)
        VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => {FIRST_POLL_SECONDS})) RETURNING {_ATTEMPT}
        """,
        payment.id,
        key,
        request_hash,
        payment.amount,
        provider,
    )
    return _attempt(row)


async def settle_attempt(
    attempt_id: UUID,
    status: PaymentStatus,
    reference: str | None,
    error_code: str | None = None,
    *,
    orphaned: bool = False,
    watched: bool = False,
) -> None:
    """Record what the provider answered.

    ``watched`` keeps it on the worker's list: due now when ``orphaned``, after a while when it holds money, else as it
    was.
    """
    await DB.execute(
        f"""
        UPDATE payment_attempts
        SET status = $2::text, provider_reference = coalesce($3, provider_reference), error_code = $4,
            orphaned = orphaned OR $5,
            next_poll_at = CASE
                WHEN NOT $6 THEN NULL
                WHEN $5 THEN now()
                WHEN $2::text = 'authorized' THEN now() + make_interval(secs => {HELD_POLL_SECONDS})
                ELSE coalesce(next_poll_at, now()) END
        WHERE id = $1
        """,
        attempt_id,
        status.value,
        reference,
        error_code,
        orphaned,
        watched,
    )


async def take_due(limit: int, lease_seconds: float) -> list[AttemptRecord]:
    """Attempts whose outcome is to be asked for; each is this worker's until its next poll is due."""
    rows = await DB.fetch(
        f"""
        UPDATE payment_attempts a
        SET polls = a.polls + 1, next_poll_at = now() + make_interval(secs => $2)
        WHERE a.id IN (
            SELECT id FROM payment_attempts WHERE next_poll_at <= now()
            ORDER BY next_poll_at LIMIT $1 FOR UPDATE SKIP LOCKED)
        RETURNING {_ATTEMPT}
        """,
        limit,
        lease_seconds,
    )
    return [_attempt(row) for row in rows]


async def look_soon(attempt_id: UUID) -> None:
    """The provider was asked to take or let go what is held, and what it did is unknown."""
    await DB.execute(
        f"""
        UPDATE payment_attempts SET polls = 0, next_poll_at = now() + make_interval(secs => {FIRST_POLL_SECONDS})
        WHERE id = $1 AND status = 'authorized' AND NOT orphaned
        """,
        attempt_id,
    )


async def settle_returned(attempt_id: UUID) -> None:
    """All of an orphan's money is back, unless something else was heard since its lease began."""
    await DB.execute(
        "UPDATE payment_attempts SET status = 'voided', next_poll_at = NULL "
        "WHERE id = $1 AND status = 'completed' AND orphaned AND next_poll_at > now()",
        attempt_id,
    )


async def look_at_orphan(attempt_id: UUID) -> bool:
    """Money that went back, or was on its way, has not arrived: look at once. False when it is no such attempt's."""
    return (
        await DB.execute(
            "UPDATE payment_attempts SET status = 'completed', next_poll_at = now() "
            "WHERE id = $1 AND orphaned AND (status = 'voided' OR (status = 'completed' AND next_poll_at IS NOT NULL))",
            attempt_id,
        )
        == 1
    )


async def poll_again(attempt: AttemptRecord, seconds: float) -> None:
    """If it is still open as it was: ask again after a while. What has become an orphan meanwhile stays due."""
    await DB.execute(
        "UPDATE payment_attempts SET next_poll_at = now() + make_interval(secs => $2) "
        "WHERE id = $1 AND status = $3 AND next_poll_at > now()",
        attempt.id,
        seconds,
        attempt.status.value,
    )


def _attempt(row: Mapping[str, Any]) -> AttemptRecord:
    values = dict(row)
    return AttemptRecord(status=PaymentStatus(values.pop("status")), **values)
