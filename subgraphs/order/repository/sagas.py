"""How far each checkout has come: one row per order, moved forward after each durable effect (D47).

Whoever works on a row holds its lease, and the lease's end is the proof: every change names the end it knows, so that a
process which was away too long (its lease is over and another's began) can change nothing any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from subgraphs.kernel.idempotency import Claim
from subgraphs.order.domain.checkout import LeaseLost, SagaStep
from subgraphs.order.domain.records import SagaRecord
from subgraphs.order.tables import DB

LEASE_SECONDS = 15.0
"""Longer than a call to a sibling: else a second worker takes over what the first still works on.

``peers.check_lease`` sees to it at the start; every step renews it, and so does every call before it is made."""

_COLUMNS = (
    "order_id, user_id, step, attempts, failures, error, expires_at, expires_at <= now() AS expired, lease_until, "
    "source, claim_scope, claim_key, cancel_reason, canceller_id"
)
_LEASED = "lease_until = now() + make_interval(secs => $2), next_run_at = now() + make_interval(secs => $2)"
_FREE = "(lease_until IS NULL OR lease_until < now())"


async def sagas_by_order(order_ids: Sequence[UUID]) -> dict[UUID, SagaRecord]:
    """The sagas of these orders; orders that were imported have none."""
    rows = await DB.fetch(f"SELECT {_COLUMNS} FROM checkout_sagas WHERE order_id = ANY($1)", order_ids)
    return {row["order_id"]: _saga(row) for row in rows}


async def begin(
    order_id: UUID, user_id: UUID, claim: Claim, source: Mapping[str, Any], hold_seconds: float
) -> SagaRecord:
    """Record that a checkout has been claimed; the row is due for the worker once its lease is over."""
    row = await DB.fetch_row(
        f"""
        INSERT INTO checkout_sagas AS s (
            order_id, user_id, next_run_at, lease_until, expires_at, source, claim_scope, claim_key)
        SELECT $1, $3, until, until, now() + make_interval(secs => $4), $5, $6, $7
        FROM (SELECT now() + make_interval(secs => $2) AS until) AS lease
        RETURNING {_COLUMNS}
        """,
        order_id,
        LEASE_SECONDS,
        user_id,
        hold_seconds,
        dict(source),
        claim.scope,
        claim.key,
    )
    return _saga(row)


async def take_over(order_id: UUID) -> SagaRecord | None:
    """Continue a checkout whose process vanished; None while another holds the lease or nothing is left to do."""
    row = await DB.fetch_row(
        f"""
        UPDATE checkout_sagas SET {_LEASED}
        WHERE order_id = $1 AND {_FREE} AND step NOT IN ('declined', 'confirmed', 'failed') RETURNING {_COLUMNS}
        """,
        order_id,
        LEASE_SECONDS,
    )
    return None if row is None else _saga(row)


async def take_due(limit: int) -> list[SagaRecord]:
    """The rows that are due, oldest first, each leased to the caller; rows that others are taking are skipped."""
    rows = await DB.fetch(
        f"""
        UPDATE checkout_sagas SET {_LEASED}
        WHERE order_id IN (
            SELECT order_id FROM checkout_sagas WHERE next_run_at <= now() AND {_FREE}
            ORDER BY next_run_at LIMIT $1 FOR UPDATE SKIP LOCKED)
        RETURNING {_COLUMNS}
        """,
        limit,
        LEASE_SECONDS,
    )
    return [_saga(row) for row in rows]


async def renew(saga: SagaRecord) -> SagaRecord:
    """Begin the lease anew; raises LeaseLost when somebody else has the row meanwhile."""
    row = await DB.fetch_row(
        f"UPDATE checkout_sagas SET {_LEASED} WHERE order_id = $1 AND lease_until = $3 RETURNING {_COLUMNS}",
        saga.order_id,
        LEASE_SECONDS,
        saga.lease_until,
    )
    if row is None:
        raise LeaseLost(saga.order_id)
    return _saga(row)


async def forget(saga: SagaRecord) -> None:
    """Remove a checkout that was refused before it had any effect."""
    await DB.execute(
        "DELETE FROM checkout_sagas WHERE order_id = $1 AND lease_until = $2", saga.order_id, saga.lease_until
    )


async def reopen(order_id: UUID, claim: Claim, source: Mapping[str, Any]) -> SagaRecord | None:
    """Take a declined checkout for another payment attempt; None when it is not declined or somebody else has it."""
    row = await DB.fetch_row(
        f"""
        UPDATE checkout_sagas
        SET {_LEASED}, step = 'created', source = $3, claim_scope = $4, claim_key = $5, failures = 0,
            expires_at = greatest(expires_at, now() + interval '1 minute')
        WHERE order_id = $1 AND step = 'declined' AND {_FREE} RETURNING {_COLUMNS}
        """,
        order_id,
        LEASE_SECONDS,
        dict(source),
        claim.scope,
        claim.key,
    )
    return None if row is None else _saga(row)


async def begin_cancelling(
    order_id: UUID, user_id: UUID, cause: str, reason: str | None, canceller_id: UUID | None
) -> SagaRecord | None:
    """Take an order back, whatever its checkout has come to; None while somebody works on it or takes it back."""
    row = await DB.fetch_row(
        f"""
        INSERT INTO checkout_sagas AS s (
            order_id, user_id, step, next_run_at, lease_until, error, cancel_reason, canceller_id)
        SELECT $1, $3, 'compensating', until, until, $4, $5, $6
        FROM (SELECT now() + make_interval(secs => $2) AS until) AS lease
        ON CONFLICT (order_id) DO UPDATE
        SET step = 'compensating', next_run_at = excluded.next_run_at, lease_until = excluded.lease_until,
            error = excluded.error, cancel_reason = excluded.cancel_reason, canceller_id = excluded.canceller_id,
            failures = 0
        WHERE s.step <> 'compensating' AND (s.lease_until IS NULL OR s.lease_until < now())
        RETURNING {_COLUMNS}
        """,
        order_id,
        LEASE_SECONDS,
        user_id,
        cause,
        reason,
        canceller_id,
    )
    return None if row is None else _saga(row)


async def advance(saga: SagaRecord, step: SagaStep, *, error: str | None = None, attempt: bool = False) -> SagaRecord:
    """Record ``step`` as reached, and with ``attempt`` one more payment attempt as answered; renews the lease.

    A terminal step takes the row off the worker's list; a decline leaves it there for the end of the hold. Raises
    LeaseLost when somebody else has the row meanwhile.
    """
    row = await DB.fetch_row(
        f"""
        UPDATE checkout_sagas
        SET step = $4::text, error = $5, attempts = attempts + $6, failures = 0,
            next_run_at = CASE $4::text WHEN 'confirmed' THEN NULL WHEN 'failed' THEN NULL
                WHEN 'declined' THEN expires_at ELSE now() + make_interval(secs => $2) END,
            lease_until = CASE WHEN $4::text IN ('confirmed', 'failed', 'declined') THEN NULL
                ELSE now() + make_interval(secs => $2) END,
            source = CASE WHEN $4::text IN ('claimed', 'reserved', 'created') THEN source END
        WHERE order_id = $1 AND lease_until = $3 RETURNING {_COLUMNS}
        """,
        saga.order_id,
        LEASE_SECONDS,
        saga.lease_until,
        step.value,
        error,
        1 if attempt else 0,
    )
    if row is None:
        raise LeaseLost(saga.order_id)
    return _saga(row)


async def wait(saga: SagaRecord, seconds: float) -> bool:
    """Let the row go and look at it again after a while; False when somebody else has it meanwhile."""
    return (
        await DB.execute(
            """
        UPDATE checkout_sagas
        SET lease_until = NULL, next_run_at = now() + make_interval(secs => $3), failures = failures + 1
        WHERE order_id = $1 AND lease_until = $2
        """,
            saga.order_id,
            saga.lease_until,
            seconds,
        )
        == 1
    )


async def disown(saga: SagaRecord, error: str) -> None:
    """Leave what is to be undone to the worker; the client's key no longer belongs to this checkout."""
    touched = await DB.execute(
        """
        UPDATE checkout_sagas
        SET claim_scope = NULL, claim_key = NULL, source = NULL, error = $3, lease_until = NULL,
            next_run_at = now() + interval '1 second'
        WHERE order_id = $1 AND lease_until = $2
        """,
        saga.order_id,
        saga.lease_until,
        error,
    )
    if not touched:
        raise LeaseLost(saga.order_id)


def _saga(row: Mapping[str, Any]) -> SagaRecord:
    values = dict(row)
    return SagaRecord(step=SagaStep(values.pop("step")), **values)
