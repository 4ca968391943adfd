"""Giving money back: promised under the payment's lock, carried out by who comes first, told when done (S-041).

A refund's row is the promise: all but failed ones together never exceed what was taken. Its id is the provider's key,
so carrying one out twice gives the money back once. What the bank sends back after that has failed after all: it is
booked back, is there to be refunded again, and is staff's to decide on (a metric counts it). Nothing is told: the
buyer was told of money that went, and is written to when it goes again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from prometheus_client import Counter

from subgraphs.kernel.faults import fault_point
from subgraphs.kernel.idempotency import claim_key, store_response
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.refusals import Invalid, Missing
from subgraphs.payment.domain import (
    REFUND_FORWARD,
    PaymentRecord,
    RefundRecord,
    RefundStatus,
    check_reason,
    refund_amount,
    status_with_refunded,
)
from subgraphs.payment.provider import KEY_REUSED, GivenBack, GivenBackState, ProviderRefused, ProviderUnavailable
from subgraphs.payment.repository import payments, refunds
from subgraphs.payment.repository.payments import PaymentChange
from subgraphs.payment.service.facts import tell_refund
from subgraphs.payment.service.outcomes import STATES, Outcome, Teller
from subgraphs.payment.tables import DB

logger = logging.getLogger("stoa.payment")

REFUND_SCOPE = "payments:refund"
SENT_BACK: Final = Counter(
    "stoa_payment_refunds_sent_back_total",
    "Refunds that were done and that the bank sent back: the money is here again, and its buyer has not got it",
    registry=None,
)
CANCELLED_REASON = "Order cancelled"
_HEAD_START_SECONDS = 10
"""The request that promises a refund carries it out; the worker comes when it has not."""


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """What staff asks for; ``amount`` None means all that is left."""

    payment_id: UUID
    amount: Decimal | None
    reason: str
    restock: bool
    key: str


@dataclass(frozen=True, slots=True)
class RefundResult:
    """The refund and its payment as they stand now."""

    refund: RefundRecord
    payment: PaymentRecord
    replayed: bool


async def refund_payment(principal: Principal, asked: RefundRequest, teller: Teller) -> RefundResult:
    """Promise and carry out a refund, once per key; it stays PROCESSING while the provider's answer is open.

    Refuses with Invalid, Missing, RefundExceedsCaptured. ``restock`` sends the whole order's goods back on the shelf,
    so it goes with the refund that gives back the last of the money.
    """
    principal.require(None, REFUND_SCOPE)
    user_id = principal.required_user()
    reason = check_reason(asked.reason)
    async with DB.transaction():
        request = [asked.payment_id, asked.amount, reason, asked.restock]
        claim = await claim_key(DB, scope=f"{user_id}:refundPayment", key=asked.key, request=request)
        if claim.response is not None:
            return await _result(UUID(claim.response["refund_id"]), replayed=True)
        payment = await payments.lock_payment_by_id(asked.payment_id)
        if payment is None:
            raise Missing("There is no such payment.", path=["paymentId"])
        promised = await refunds.promised(payment.id)
        amount = refund_amount(payment, promised, asked.amount)
        if asked.restock and promised + amount != payment.captured_amount:
            raise Invalid(
                "Goods go back on the shelf with the refund of all that is left.",
                code="RESTOCK_NEEDS_FULL_REFUND",
                path=["restock"],
            )
        refund_id = await refunds.insert_refund(
            payment.id, amount, reason, requested_by=user_id, restock=asked.restock, delay=_HEAD_START_SECONDS
        )
        await store_response(DB, claim, {"refund_id": str(refund_id)})
    fault_point("refund.promised")
    await carry_out(refund_id, teller)
    return await _result(refund_id, replayed=False)


async def refund_rest(payment: PaymentRecord, teller: Teller) -> Outcome:
    """Give back all that is left of a payment whose order was given up."""
    async with DB.transaction():
        locked = await payments.lock_payment_by_id(payment.id)
        if locked is None:
            raise LookupError(f"the payment {payment.id} vanished")
        left = locked.captured_amount - await refunds.promised(payment.id)
        if left > 0:
            await refunds.insert_refund(
                payment.id, left, CANCELLED_REASON, requested_by=None, restock=False, delay=_HEAD_START_SECONDS
            )
    code = None
    for _, refund in await refunds.refunds_by_payment([payment.id]):
        if refund.status in (RefundStatus.PENDING, RefundStatus.PROCESSING):
            code = await carry_out(refund.id, teller) or code
    after = (await payments.payments_by_id([payment.id]))[payment.id]
    state = STATES[after.status]
    return Outcome(state if state == "REFUNDED" else "DECLINED" if code else "PROCESSING", payment.id, code)


async def carry_out(refund_id: UUID, teller: Teller) -> str | None:
    """Ask the provider and write down what it says; the code when it refuses."""
    payment, refund = await _load(refund_id)
    if refund.status in (RefundStatus.COMPLETED, RefundStatus.FAILED):
        return None
    charge = payment.transaction_id or ""
    try:
        answer = await _look_up(refund, charge, teller)
        if answer is None:
            answer = await _ask(refund, charge, teller)
    except (ProviderUnavailable, ProviderRefused) as error:
        logger.warning("refund %s is in doubt: %s", refund.id, error)
        await refunds.run_again(refund.id, _pause(refund.tries), None)
        return None
    fault_point("refund.unrecorded")
    await record_refund(refund.id, answer, teller.traceparent)
    return (answer.code or "refund_failed") if answer.state is GivenBackState.FAILED else None


async def _look_up(refund: RefundRecord, charge: str, teller: Teller) -> GivenBack | None:
    """What became of a refund that may have been asked for before, however long ago; None when nothing did."""
    if refund.transaction_id is not None:
        return await teller.provider.find_refund(refund.transaction_id)
    if refund.tries or refund.status is RefundStatus.PROCESSING:
        return await teller.provider.refund_under(str(refund.id), charge)
    return None


async def _ask(refund: RefundRecord, charge: str, teller: Teller) -> GivenBack:
    """A refusal is an answer; that of its key says nothing of what came under it before."""
    try:
        return await teller.provider.refund(charge, refund.amount, refund.currency, str(refund.id))
    except ProviderRefused as refusal:
        if refusal.code == KEY_REUSED:
            raise
        logger.warning("refund %s of payment %s was refused: %s", refund.id, refund.payment_id, refusal.code)
        return GivenBack("", GivenBackState.FAILED, refusal.code)


async def record_refund(refund_id: UUID, answer: GivenBack, traceparent: str | None) -> None:
    """Write down what became of it, in whatever order that is heard (``domain.REFUND_FORWARD``).

    The payment and the event come with it.
    """
    if answer.state is GivenBackState.PENDING:
        _, refund = await _load(refund_id)
        await refunds.run_again(refund_id, _pause(refund.tries), answer.reference or None)
        return
    completed = answer.state is GivenBackState.COMPLETED
    status = RefundStatus.COMPLETED if completed else RefundStatus.FAILED
    async with DB.transaction():
        payment, _ = await _load(refund_id)
        await payments.lock_payment_by_id(payment.id)
        payment, refund = await _load(refund_id)  # as they are under the lock
        sent_back = refund.status is RefundStatus.COMPLETED
        if status not in REFUND_FORWARD[refund.status] or (sent_back and not answer.reference):
            return  # what is done is undone by the provider's word of it only, not by a refusal to do it again
        await refunds.settle_refund(refund_id, status, answer.reference or None)
        if completed:
            await tell_refund(await _book(payment, refund.amount), refund, traceparent)
        elif sent_back:
            logger.error("refund %s of payment %s was sent back: %s", refund.id, payment.id, answer.code)
            SENT_BACK.inc()
            await _book(payment, -refund.amount)


async def _book(payment: PaymentRecord, amount: Decimal) -> PaymentRecord:
    """The payment once so much more of it is given back, or less when it is negative; the row is locked."""
    refunded = payment.refunded_amount + amount
    change = PaymentChange(status_with_refunded(payment, refunded), refunded_amount=refunded)
    return await payments.change_payment(payment.id, change)


async def _load(refund_id: UUID) -> tuple[PaymentRecord, RefundRecord]:
    _, refund = (await refunds.refunds_by_id([refund_id]))[refund_id]
    return (await payments.payments_by_id([refund.payment_id]))[refund.payment_id], refund


async def _result(refund_id: UUID, *, replayed: bool) -> RefundResult:
    payment, refund = await _load(refund_id)
    return RefundResult(refund, payment, replayed)


def _pause(tries: int) -> float:
    return float(min(2**tries, 300))
