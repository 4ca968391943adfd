"""Taking what is held, and giving an order's payment up (§5, step 6 and compensation).

How much is taken is decided under the payment's lock before the provider is asked, and whoever asks again while the
answer is open asks for the same: so an order's saga never takes the whole of what staff decided to take a part of, and
a part that was decided differs from a wrong amount for good.

Both may be repeated and may meet news that arrive meanwhile: what the provider did is written by ``recording`` alone,
and the answer is read from the payment afterwards.
"""

from __future__ import annotations

import logging
from decimal import Decimal
from uuid import UUID

from subgraphs.kernel.faults import fault_point
from subgraphs.kernel.idempotency import claim_key, close, store_response
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.money import check_amount
from subgraphs.kernel.refusals import Conflict, Invalid, Missing
from subgraphs.payment.domain import PAID, AttemptRecord, PaymentRecord, PaymentStatus
from subgraphs.payment.provider import ProviderRefused, ProviderUnavailable
from subgraphs.payment.repository import attempts, payments
from subgraphs.payment.repository.payments import PaymentChange
from subgraphs.payment.service import refunding
from subgraphs.payment.service.outcomes import STATES, Outcome, Teller
from subgraphs.payment.service.recording import record
from subgraphs.payment.tables import DB

logger = logging.getLogger("stoa.payment")

CAPTURE_SCOPE = "payments:capture"
_MAX_ROUNDS = 4
"""News can change a payment under way only so often before it is at its end."""


async def capture(order_id: UUID, teller: Teller) -> Outcome:
    """Take what is held for the order; capturing what is captured answers the same again."""
    async with DB.transaction():
        payment = await payments.lock_payment(order_id)
        if payment is None:
            return Outcome("NONE")
        if payment.status is not PaymentStatus.AUTHORIZED:
            return Outcome(STATES[payment.status], payment.id)
        amount = payment.capture_amount or payment.authorized_amount
        payment = await payments.decide_capture(payment.id, amount)
    return await _capture(payment, amount, teller)


async def capture_payment(
    principal: Principal, payment_id: UUID, amount: Decimal | None, key: str, teller: Teller
) -> PaymentRecord:
    """Staff: take all or part of what is held, once per key; what is not taken is let go.

    The answer is the payment as it stands: still AUTHORIZED while the provider's answer is open, and repeating the
    request under its key asks again.
    """
    principal.require(None, CAPTURE_SCOPE)
    async with DB.transaction():
        scope = f"{principal.required_user()}:capturePayment"
        claim = await claim_key(DB, scope=scope, key=key, request=[payment_id, amount])
        payment = await payments.lock_payment_by_id(payment_id)
        if payment is None:
            raise Missing("There is no such payment.", path=["paymentId"])
        if claim.response is not None or (not claim.new and payment.status in PAID):
            return payment
        wanted = _amount_to_capture(payment, amount)
        payment = await payments.decide_capture(payment.id, wanted)
    outcome = await _capture(payment, wanted, teller)
    payment = (await payments.payments_by_id([payment_id]))[payment_id]
    if outcome.state == "DECLINED" or (outcome.state == "CAPTURED" and payment.captured_amount != wanted):
        raise Conflict("The provider refuses to capture this payment.", code="CAPTURE_REFUSED", path=["paymentId"])
    if outcome.state == "CAPTURED":
        await store_response(DB, claim, {"payment_id": str(payment_id)})
    return payment


def _amount_to_capture(payment: PaymentRecord, asked: Decimal | None) -> Decimal:
    if payment.status is not PaymentStatus.AUTHORIZED:
        raise Conflict("Nothing is held for this payment.", code="NOT_CAPTURABLE", path=["paymentId"])
    amount = payment.authorized_amount if asked is None else check_amount(asked, payment.currency, path=["amount"])
    if not 0 < amount <= payment.authorized_amount:
        raise Invalid(
            f"Between 0.01 and {payment.authorized_amount} can be captured.",
            code="AMOUNT_OUT_OF_RANGE",
            path=["amount"],
        )
    if payment.capture_amount not in (None, amount):
        raise Conflict(
            f"{payment.capture_amount} is being captured, and the provider has not answered yet.",
            code="CAPTURE_IN_PROGRESS",
            path=["amount"],
        )
    return amount


async def _capture(payment: PaymentRecord, amount: Decimal, teller: Teller) -> Outcome:
    attempt = await _attempt_of(payment)
    reference = attempt.provider_reference or ""
    try:
        charge = await teller.provider.capture(reference, amount, payment.currency, f"{payment.id}:capture:{amount}")
    except ProviderUnavailable as error:
        logger.warning("capture of payment %s is in doubt: %s", payment.id, error)
        await attempts.look_soon(attempt.id)
        return Outcome("PROCESSING", payment.id)
    except ProviderRefused as refusal:
        found = await teller.look_up(attempt)
        if found is None:
            return Outcome("PROCESSING", payment.id)
        payment = await record(attempt.id, found, teller.traceparent)
        if payment.status is not PaymentStatus.AUTHORIZED:
            return Outcome(STATES[payment.status], payment.id, refusal.code)
        await payments.drop_decision(payment.id, amount)
        return Outcome("DECLINED", payment.id, refusal.code)
    fault_point("payment.captured_unrecorded")
    payment = await record(attempt.id, charge, teller.traceparent)
    return Outcome(STATES[payment.status], payment.id)


# -- giving up ---------------------------------------------------------------------------------------------------------


async def give_up(order_id: UUID, teller: Teller) -> Outcome:
    """Let go what is held for the order, give back what was taken, and accept no money for it any more.

    VOIDED, REFUNDED and NONE are final. An attempt whose outcome cannot be learnt is left to the worker, which gives
    back whatever turns up. PROCESSING means that money is still on its way back: ask again.
    """
    for _ in range(_MAX_ROUNDS):
        payment = await _closed_if_idle(order_id)
        if payment is None:
            return Outcome("NONE")
        if payment.status is PaymentStatus.PROCESSING:
            await _close_in_doubt(payment, teller)
        elif payment.status is PaymentStatus.AUTHORIZED:
            refused = await _let_go(payment, teller)
            if refused is not None:
                return refused
        elif payment.status in PAID - {PaymentStatus.REFUNDED}:
            return await refunding.refund_rest(payment, teller)
        else:
            return Outcome(STATES[payment.status], payment.id)
    return Outcome("PROCESSING")


async def _closed_if_idle(order_id: UUID) -> PaymentRecord | None:
    """The payment, voided if nothing is under way; None when there is none and there never will be."""
    async with DB.transaction():
        await payments.lock_order(order_id)
        payment = await payments.lock_payment(order_id)
        if payment is None:
            await close(DB, order_id)
        elif payment.status in (PaymentStatus.PENDING, PaymentStatus.FAILED):
            payment = await payments.change_payment(payment.id, PaymentChange(PaymentStatus.VOIDED))
        return payment


async def _close_in_doubt(payment: PaymentRecord, teller: Teller) -> None:
    attempt = await _attempt_of(payment)
    found = await teller.look_up(attempt)
    if found is not None and (await record(attempt.id, found, teller.traceparent)).status is not payment.status:
        return
    async with DB.transaction():
        locked = await payments.lock_payment_by_id(payment.id)
        if locked is not None and locked.status is PaymentStatus.PROCESSING:
            logger.warning("payment %s is given up while attempt %s is in doubt", payment.id, attempt.id)
            await payments.change_payment(locked.id, PaymentChange(PaymentStatus.VOIDED))


async def _let_go(payment: PaymentRecord, teller: Teller) -> Outcome | None:
    """None when the payment has moved on; else why it has not."""
    attempt = await _attempt_of(payment)
    try:
        charge = await teller.provider.void(attempt.provider_reference or "", f"{payment.id}:void")
    except ProviderUnavailable as error:
        logger.warning("void of payment %s is in doubt: %s", payment.id, error)
        await attempts.look_soon(attempt.id)
        return Outcome("PROCESSING", payment.id)
    except ProviderRefused as refusal:
        found = await teller.look_up(attempt)
        if found is None:
            return Outcome("PROCESSING", payment.id, refusal.code)
        charge = found
    fault_point("payment.voided_unrecorded")
    after = await record(attempt.id, charge, teller.traceparent)
    return Outcome("PROCESSING", payment.id) if after.status is PaymentStatus.AUTHORIZED else None


async def _attempt_of(payment: PaymentRecord) -> AttemptRecord:
    """The attempt that the payment stands on: the newest one, as only one is under way at a time."""
    return (await attempts.attempts_by_payment([payment.id]))[-1][1]
