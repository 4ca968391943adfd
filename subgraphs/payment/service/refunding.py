"""Giving money back: promised under the payment's lock, carried out by who comes first, told when done (S-041).

A refund's row is the promise: all but failed ones together never exceed what was taken. Its id is the provider's key,
so carrying one out twice gives the money back once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from subgraphs.kernel.faults import fault_point
from subgraphs.kernel.idempotency import claim_key, store_response
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.refusals import Invalid, Missing
from subgraphs.payment.domain import (
    PaymentRecord,
    RefundRecord,
    RefundStatus,
    check_reason,
    refund_amount,
    status_after_refund,
)
from subgraphs.payment.provider import KEY_REUSED, GivenBack, GivenBackState, ProviderRefused, ProviderUnavailable
from subgraphs.payment.repository import payments, refunds
from subgraphs.payment.repository.payments import PaymentChange
from subgraphs.payment.service.facts import tell_refund
from subgraphs.payment.service.outcomes import STATES, Outcome, Teller
from subgraphs.payment.tables import DB

logger = logging.getLogger("stoa.payment")

REFUND_SCOPE = "payments:refund"
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
    """Write down what became of it; only the first end counts, and the payment and its event come with it."""
    if answer.state is GivenBackState.PENDING:
        _, refund = await _load(refund_id)
        await refunds.run_again(refund_id, _pause(refund.tries), answer.reference or None)
        return
    completed = answer.state is GivenBackState.COMPLETED
    status = RefundStatus.COMPLETED if completed else RefundStatus.FAILED
    async with DB.transaction():
        payment, refund = await _load(refund_id)
        locked = await payments.lock_payment_by_id(payment.id)
        ended = await refunds.settle_refund(refund_id, status, answer.reference or None)
        if not ended or not completed or locked is None:
            return
        change = PaymentChange(
            status_after_refund(locked, refund.amount), refunded_amount=locked.refunded_amount + refund.amount
        )
        await tell_refund(await payments.change_payment(locked.id, change), refund, traceparent)


async def _load(refund_id: UUID) -> tuple[PaymentRecord, RefundRecord]:
    _, refund = (await refunds.refunds_by_id([refund_id]))[refund_id]
    return (await payments.payments_by_id([refund.payment_id]))[refund.payment_id], refund


async def _result(refund_id: UUID, *, replayed: bool) -> RefundResult:
    payment, refund = await _load(refund_id)
    return RefundResult(refund, payment, replayed)


def _pause(tries: int) -> float:
    return float(min(2**tries, 300))
