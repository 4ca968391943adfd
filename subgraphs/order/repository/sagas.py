"""How far each checkout has come: one row per order, moved forward after each durable effect (D47)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from subgraphs.order.domain.checkout import TERMINAL, SagaStep
from subgraphs.order.domain.records import SagaRecord
from subgraphs.order.tables import DB

_COLUMNS = "order_id, user_id, step, attempts, error"


async def sagas_by_order(order_ids: Sequence[UUID]) -> dict[UUID, SagaRecord]:
    """The sagas of these orders; orders that were imported have none."""
    rows = await DB.fetch(f"SELECT {_COLUMNS} FROM checkout_sagas WHERE order_id = ANY($1)", order_ids)
    return {row["order_id"]: _saga(row) for row in rows}


async def begin(order_id: UUID, user_id: UUID, lease_seconds: float) -> None:
    """Record that a checkout has been claimed; the row is due for whoever comes once the lease is over."""
    await DB.execute(
        """
        INSERT INTO checkout_sagas (order_id, user_id, next_run_at, lease_until)
        VALUES ($1, $2, now() + $3 * interval '1 second', now() + $3 * interval '1 second')
        """,
        order_id,
        user_id,
        lease_seconds,
    )


async def take_over(order_id: UUID, lease_seconds: float) -> SagaRecord | None:
    """Continue a checkout whose process vanished; None while another holds the lease or nothing is left to do."""
    row = await DB.fetch_row(
        f"""
        UPDATE checkout_sagas
        SET lease_until = now() + $2 * interval '1 second', next_run_at = now() + $2 * interval '1 second'
        WHERE order_id = $1 AND lease_until < now() AND step NOT IN ('confirmed', 'failed')
        RETURNING {_COLUMNS}
        """,
        order_id,
        lease_seconds,
    )
    return None if row is None else _saga(row)


async def forget(order_id: UUID) -> None:
    """Remove a checkout that was refused before it had any effect."""
    await DB.execute("DELETE FROM checkout_sagas WHERE order_id = $1", order_id)


async def reopen(order_id: UUID, lease_seconds: float) -> SagaRecord | None:
    """Take a declined checkout for another payment attempt; None when it is not declined or somebody else has it."""
    row = await DB.fetch_row(
        f"""
        UPDATE checkout_sagas SET step = 'created', lease_until = now() + $2 * interval '1 second'
        WHERE order_id = $1 AND step = 'declined' RETURNING {_COLUMNS}
        """,
        order_id,
        lease_seconds,
    )
    return None if row is None else _saga(row)


async def advance(order_id: UUID, step: SagaStep, *, error: str | None = None, attempt: bool = False) -> None:
    """Record ``step`` as reached, and with ``attempt`` one more payment attempt as answered.

    A terminal step takes the row off the worker's list; with it and with a decline nobody works on it any more.
    """
    await DB.execute(
        """
        UPDATE checkout_sagas
        SET step = $2, error = $3, attempts = attempts + $4,
            next_run_at = CASE WHEN $5 THEN NULL ELSE next_run_at END,
            lease_until = CASE WHEN $6 THEN NULL ELSE lease_until END
        WHERE order_id = $1
        """,
        order_id,
        step.value,
        error,
        1 if attempt else 0,
        step in TERMINAL,
        step in TERMINAL or step is SagaStep.DECLINED,
    )


def _saga(row: Mapping[str, Any]) -> SagaRecord:
    return SagaRecord(row["order_id"], row["user_id"], SagaStep(row["step"]), row["attempts"], row["error"])
