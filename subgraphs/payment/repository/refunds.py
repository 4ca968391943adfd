"""Refunds of payments: batch reads, and what the worker carries out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from subgraphs.payment.domain import RefundRecord, RefundStatus
from subgraphs.payment.tables import DB

_REFUND = (
    "r.id, r.payment_id, r.amount, p.currency, r.reason, r.status, r.transaction_id, r.restock, r.tries, "
    "r.processed_at, r.created_at"
)
MAX_REFUNDS = 250
_FROM = "refunds r JOIN payments p ON p.id = r.payment_id"


async def refunds_by_payment(payment_ids: Sequence[UUID]) -> list[tuple[UUID, RefundRecord]]:
    """The last refunds of each of these payments, oldest first, each with its payment's id."""
    rows = await DB.fetch(
        f"""
        SELECT {_REFUND} FROM unnest($1::uuid[]) AS k (key) CROSS JOIN LATERAL (
            SELECT id FROM refunds WHERE payment_id = k.key ORDER BY created_at DESC, id DESC LIMIT $2
        ) AS latest JOIN refunds r ON r.id = latest.id JOIN payments p ON p.id = r.payment_id
        ORDER BY r.payment_id, r.created_at, r.id
        """,
        payment_ids,
        MAX_REFUNDS,
    )
    return [(row["payment_id"], _refund(row)) for row in rows]


async def refunds_by_id(ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, RefundRecord]]:
    """The refunds with these ids, each with the id of the payer."""
    rows = await DB.fetch(f"SELECT {_REFUND}, p.user_id FROM {_FROM} WHERE r.id = ANY($1)", ids)
    return {row["id"]: (row["user_id"], _refund(row)) for row in rows}


async def refund_by_reference(reference: str) -> RefundRecord | None:
    """The refund that the provider knows by this reference."""
    row = await DB.fetch_row(f"SELECT {_REFUND} FROM {_FROM} WHERE r.transaction_id = $1", reference)
    return None if row is None else _refund(row)


async def promised(payment_id: UUID) -> Decimal:
    """What all refunds but failed ones give back; the payment's row is locked, so nobody promises beside us."""
    return Decimal(
        await DB.fetch_value(
            "SELECT coalesce(sum(amount), 0) FROM refunds WHERE payment_id = $1 AND status <> 'failed'", payment_id
        )
    )


async def insert_refund(
    payment_id: UUID, amount: Decimal, reason: str, *, requested_by: UUID | None, restock: bool, delay: float
) -> UUID:
    """Promise a refund; the worker carries it out after ``delay`` seconds unless somebody has done so by then."""
    return await DB.fetch_value(  # type: ignore[no-any-return]
        """
        INSERT INTO refunds (payment_id, amount, reason, requested_by, restock, next_run_at)
        VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6)) RETURNING id
        """,
        payment_id,
        amount,
        reason,
        requested_by,
        restock,
        delay,
    )


async def settle_refund(refund_id: UUID, status: RefundStatus, reference: str | None) -> None:
    """Record its end, or that it ended otherwise after all; the payment's row is locked."""
    await DB.execute(
        """
        UPDATE refunds
        SET status = $2, transaction_id = coalesce($3, transaction_id), processed_at = now(), next_run_at = NULL
        WHERE id = $1
        """,
        refund_id,
        status.value,
        reference,
    )


async def run_again(refund_id: UUID, seconds: float, reference: str | None) -> None:
    """The outcome is open: under way, and looked at again after a while."""
    await DB.execute(
        """
        UPDATE refunds
        SET status = 'processing', transaction_id = coalesce($3, transaction_id),
            next_run_at = now() + make_interval(secs => $2)
        WHERE id = $1 AND status IN ('pending', 'processing')
        """,
        refund_id,
        seconds,
        reference,
    )


async def take_due(limit: int, lease_seconds: float) -> list[UUID]:
    """Refunds that are to be carried out or looked at; each is this worker's until it is due again."""
    rows = await DB.fetch(
        """
        UPDATE refunds SET tries = tries + 1, next_run_at = now() + make_interval(secs => $2)
        WHERE id IN (
            SELECT id FROM refunds WHERE next_run_at <= now() ORDER BY next_run_at LIMIT $1 FOR UPDATE SKIP LOCKED)
        RETURNING id
        """,
        limit,
        lease_seconds,
    )
    return [row["id"] for row in rows]


def _refund(row: Mapping[str, Any]) -> RefundRecord:
    return RefundRecord(
        id=row["id"],
        payment_id=row["payment_id"],
        amount=row["amount"],
        currency=row["currency"],
        reason=row["reason"],
        status=RefundStatus(row["status"]),
        transaction_id=row["transaction_id"],
        restock=row["restock"],
        tries=row["tries"],
        processed_at=row["processed_at"],
        created_at=row["created_at"],
    )
