"""Refunds of payments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from subgraphs.payment.domain import RefundRecord, RefundStatus
from subgraphs.payment.tables import DB

_REFUND = "r.id, r.payment_id, r.amount, p.currency, r.reason, r.status, r.processed_at, r.created_at"


async def refunds_by_payment(payment_ids: Sequence[UUID]) -> list[tuple[UUID, RefundRecord]]:
    """The refunds of these payments, oldest first, each with its payment's id."""
    rows = await DB.fetch(
        f"""
        SELECT {_REFUND} FROM refunds r JOIN payments p ON p.id = r.payment_id
        WHERE r.payment_id = ANY($1) ORDER BY r.payment_id, r.created_at, r.id
        """,
        payment_ids,
    )
    return [(row["payment_id"], _refund(row)) for row in rows]


async def refunds_by_id(ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, RefundRecord]]:
    """The refunds with these ids, each with the id of the payer."""
    rows = await DB.fetch(
        f"SELECT {_REFUND}, p.user_id FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE r.id = ANY($1)", ids
    )
    return {row["id"]: (row["user_id"], _refund(row)) for row in rows}


def _refund(row: Mapping[str, Any]) -> RefundRecord:
    return RefundRecord(
        id=row["id"],
        payment_id=row["payment_id"],
        amount=row["amount"],
        currency=row["currency"],
        reason=row["reason"],
        status=RefundStatus(row["status"]),
        processed_at=row["processed_at"],
        created_at=row["created_at"],
    )
