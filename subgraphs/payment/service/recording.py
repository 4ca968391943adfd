"""Writing down what the provider says of an attempt: an answer, a poll or a message, in any order, any number of times.

An attempt only moves forward (``domain.FORWARD``), the payment follows it in the same transaction, and so does the
event. Money that turns up after the payment was given up makes the attempt an orphan: the worker gives it back.
"""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import Final
from uuid import UUID

from prometheus_client import Counter

from subgraphs.kernel.money import ZERO
from subgraphs.payment.domain import FORWARD, AttemptRecord, MethodDetails, PaymentRecord, PaymentStatus
from subgraphs.payment.provider import Charge, ChargeState
from subgraphs.payment.repository import attempts, payments, refunds
from subgraphs.payment.repository.payments import PaymentChange
from subgraphs.payment.service.facts import tell_payment
from subgraphs.payment.tables import DB

logger = logging.getLogger("stoa.payment")

LATE_REASON = "Paid after the order was given up"

ORPHANED: Final = Counter(
    "stoa_payment_orphaned_total",
    "Attempts that succeeded after their payment was given up or paid otherwise; their money goes back",
    ("status",),
    registry=None,
)

_REACHED = {
    ChargeState.AUTHORIZED: PaymentStatus.AUTHORIZED,
    ChargeState.CAPTURED: PaymentStatus.COMPLETED,
    ChargeState.VOIDED: PaymentStatus.VOIDED,
    ChargeState.DECLINED: PaymentStatus.FAILED,
}
_CURRENT = frozenset({PaymentStatus.PROCESSING, PaymentStatus.AUTHORIZED})


async def record(
    attempt_id: UUID, charge: Charge, traceparent: str | None, details: MethodDetails | None = None
) -> PaymentRecord:
    """The payment after the news; ``details`` of the means of payment are kept when it is the asker who knows them."""
    async with DB.transaction():
        found = await attempts.attempt_by_id(attempt_id)
        payment = await payments.lock_payment_by_id(found.payment_id) if found else None
        attempt = await attempts.attempt_by_id(attempt_id)  # as it is under the lock
        if attempt is None or payment is None:
            raise LookupError(f"the attempt {attempt_id} vanished")
        reached = _REACHED.get(charge.state)
        if reached is None:
            if attempt.status is PaymentStatus.PROCESSING:
                await attempts.settle_attempt(attempt.id, attempt.status, charge.reference or None, watched=True)
            return payment
        if reached not in FORWARD[attempt.status]:
            return payment
        if reached in (PaymentStatus.FAILED, PaymentStatus.VOIDED):
            return await _lost(payment, attempt, reached, charge, traceparent)
        if not _is_current(payment, attempt):
            return await _orphan(payment, attempt, reached, charge)
        held = reached is PaymentStatus.AUTHORIZED
        await attempts.settle_attempt(attempt.id, reached, charge.reference or None, watched=held)
        return await _gained(payment, reached, charge, traceparent, details)


def _is_current(payment: PaymentRecord, attempt: AttemptRecord) -> bool:
    """Whether the payment waits for this attempt: at most one is under way at a time, and that one is not over."""
    return payment.status in _CURRENT and attempt.status in _CURRENT


def _taken(payment: PaymentRecord, charge: Charge) -> Decimal:
    """What the provider says it took; when it names no amount, what it was asked for: a part, if one was decided."""
    return min(charge.captured or payment.capture_amount or payment.amount, payment.amount)


async def _gained(
    payment: PaymentRecord,
    reached: PaymentStatus,
    charge: Charge,
    traceparent: str | None,
    details: MethodDetails | None,
) -> PaymentRecord:
    taken = reached is PaymentStatus.COMPLETED
    change = PaymentChange(
        reached,
        charge.reference or None,
        charge.facts,
        authorized_amount=payment.amount if payment.status is PaymentStatus.PROCESSING else None,
        captured_amount=_taken(payment, charge) if taken else None,
        method=details,
    )
    payment = await payments.change_payment(payment.id, change)
    if taken:
        await tell_payment("completed", payment, traceparent)
    return payment


async def _lost(
    payment: PaymentRecord, attempt: AttemptRecord, reached: PaymentStatus, charge: Charge, traceparent: str | None
) -> PaymentRecord:
    """A decline, or a hold that was let go: here on our request, or by the provider because it ran out."""
    failed = reached is PaymentStatus.FAILED or attempt.status is PaymentStatus.PROCESSING
    code = (charge.decline_code or "canceled") if failed else None
    status = PaymentStatus.FAILED if failed else PaymentStatus.VOIDED
    await attempts.settle_attempt(attempt.id, status, charge.reference or None, code)
    if not _is_current(payment, attempt):
        return payment
    if not failed:
        change = PaymentChange(status, gateway_response=charge.facts, authorized_amount=ZERO)
        return await payments.change_payment(payment.id, change)
    payment = await payments.change_payment(payment.id, PaymentChange(status, charge.reference or None, charge.facts))
    await tell_payment("failed", payment, traceparent, code)
    return payment


async def _orphan(
    payment: PaymentRecord, attempt: AttemptRecord, reached: PaymentStatus, charge: Charge
) -> PaymentRecord:
    """Money for a payment that was given up, or that another attempt has paid: it must go back."""
    logger.error("late success: attempt %s of payment %s is %s; giving it back", attempt.id, payment.id, reached.value)
    ORPHANED.labels(reached.value).inc()
    taken = reached is PaymentStatus.COMPLETED
    booked = taken and payment.captured_amount == 0 and payment.status not in _CURRENT
    await attempts.settle_attempt(attempt.id, reached, charge.reference or None, orphaned=True, watched=not booked)
    if not booked:
        return payment
    amount = _taken(payment, charge)
    change = PaymentChange(PaymentStatus.COMPLETED, charge.reference or None, charge.facts, captured_amount=amount)
    payment = await payments.change_payment(payment.id, change)
    await refunds.insert_refund(payment.id, amount, LATE_REASON, requested_by=None, restock=False, delay=0)
    return payment
