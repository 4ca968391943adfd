"""The payment of an order: authorise, capture, void. For the order service's saga only (§5, steps 4 and 6).

An attempt's row exists before the provider is asked; it carries the caller's key, and its id is the provider's key. So
a repetition after a crash at any point asks the provider the same question and gets the same answer. No transaction is
open while the provider is asked.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import orjson

from subgraphs.kernel.money import check_amount
from subgraphs.kernel.refusals import Conflict, Invalid
from subgraphs.payment.domain import (
    PAID,
    TRIABLE,
    AttemptRecord,
    MethodDetails,
    PaymentRecord,
    PaymentStatus,
    check_token,
    is_expired,
)
from subgraphs.payment.provider import Charge, ChargeState, PaymentProvider, ProviderRefused, ProviderUnavailable
from subgraphs.payment.repository import attempts, methods, payments
from subgraphs.payment.repository.payments import PaymentChange
from subgraphs.payment.service.facts import tell_payment
from subgraphs.payment.tables import DB

logger = logging.getLogger("stoa.payment")


@dataclass(frozen=True, slots=True)
class Authorization:
    """What the order service asks for; exactly one of ``method_id`` and ``token`` is given."""

    order_id: UUID
    user_id: UUID
    amount: Decimal
    currency: str
    method_id: UUID | None
    token: str | None
    key: str

    @property
    def digest(self) -> str:
        """Tells a repetition of the request from another request under its key; the token is not recoverable."""
        facts = [self.order_id, self.user_id, self.amount, self.currency, self.method_id, self.token]
        return hashlib.sha256(orjson.dumps([str(fact) for fact in facts])).hexdigest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer: AUTHORIZED, CAPTURED, VOIDED, DECLINED, PROCESSING, REQUIRES_ACTION, or NONE without a payment."""

    state: str
    payment_id: UUID | None = None
    decline_code: str | None = None
    next_action_url: str | None = None


@dataclass(frozen=True, slots=True)
class Teller:
    """The provider, and the trace in which it is asked."""

    provider: PaymentProvider
    traceparent: str | None = None


_STATES = {
    PaymentStatus.PENDING: "PROCESSING",
    PaymentStatus.PROCESSING: "PROCESSING",
    PaymentStatus.AUTHORIZED: "AUTHORIZED",
    PaymentStatus.COMPLETED: "CAPTURED",
    PaymentStatus.FAILED: "DECLINED",
    PaymentStatus.VOIDED: "VOIDED",
    PaymentStatus.PARTIALLY_REFUNDED: "CAPTURED",
    PaymentStatus.REFUNDED: "CAPTURED",
}


# -- authorise ---------------------------------------------------------------------------------------------------------


async def authorize(asked: Authorization, teller: Teller) -> Outcome:
    """Hold the amount for the order, once per key; a decline or an unknown outcome is an answer.

    Raises Invalid for amounts and sources that cannot be, Conflict ``IDEMPOTENCY_KEY_REUSED`` and ``PAYMENT_MISMATCH``.
    """
    if check_amount(asked.amount, asked.currency, path=["amount"]) == 0:
        raise Invalid("There is nothing to pay.", code="AMOUNT_OUT_OF_RANGE", path=["amount"])
    known = await attempts.attempt_by_key(asked.key)
    if known is not None:
        _check_repetition(known, asked)
        if known.status is not PaymentStatus.PROCESSING:
            return await _settled(known)
    source = await _source(asked, teller.provider)
    if isinstance(source, Outcome):
        return source
    token, details = source
    payment, attempt = await _begin(asked, details, teller.provider.name)
    if attempt is None:
        return Outcome(_STATES[payment.status], payment.id)
    if attempt.status is not PaymentStatus.PROCESSING:
        return await _settled(attempt)
    try:
        charge = await teller.provider.authorize(
            token, asked.amount, asked.currency, str(asked.order_id), str(attempt.id)
        )
    except ProviderUnavailable as error:
        logger.warning("attempt %s of order %s is in doubt: %s", attempt.id, asked.order_id, error)
        return Outcome("PROCESSING", payment.id)
    except ProviderRefused as refusal:
        charge = Charge("", ChargeState.DECLINED, refusal.code)
    return await _record_charge(asked.order_id, attempt, charge, details, teller)


def _check_repetition(attempt: AttemptRecord, asked: Authorization) -> None:
    if attempt.request_hash != asked.digest:
        raise Conflict("This key was used for another request.", code="IDEMPOTENCY_KEY_REUSED", path=["idempotencyKey"])


async def _settled(attempt: AttemptRecord) -> Outcome:
    return Outcome(_STATES[attempt.status], attempt.payment_id, attempt.error_code)


async def _source(asked: Authorization, provider: PaymentProvider) -> tuple[str, MethodDetails] | Outcome:
    """The token to charge and what stands behind it; a method that cannot be used is a decline."""
    if asked.method_id is not None:
        method = (await methods.methods_by_id([asked.method_id])).get(asked.method_id)
        if method is None or method.user_id != asked.user_id:
            return Outcome("DECLINED", decline_code="payment_method_not_found")
        token, details = method.provider_token, method.details
    elif asked.token is not None:
        token = check_token(asked.token, ["paymentToken"])
        try:
            details = await provider.describe(token)
        except ProviderRefused:
            return Outcome("DECLINED", decline_code="invalid_payment_token")
        except ProviderUnavailable:  # nothing was attempted, so this is no doubtful outcome
            return Outcome("DECLINED", decline_code="provider_unavailable")
    else:
        raise Invalid("Give paymentMethodId or paymentToken.", code="PAYMENT_SOURCE_REQUIRED", path=["paymentToken"])
    if is_expired(details, datetime.now(UTC).date()):
        return Outcome("DECLINED", decline_code="expired_card")
    return token, details


async def _begin(
    asked: Authorization, details: MethodDetails, provider: str
) -> tuple[PaymentRecord, AttemptRecord | None]:
    """The locked payment and the attempt under this key; no attempt when the payment is already on its way or paid."""
    async with DB.transaction():
        payment = await payments.lock_or_create_payment(
            asked.order_id, asked.user_id, asked.amount, asked.currency, details
        )
        if (payment.user_id, payment.amount, payment.currency) != (asked.user_id, asked.amount, asked.currency):
            raise Conflict("This order has another payment.", code="PAYMENT_MISMATCH", path=["orderId"])
        attempt = await attempts.attempt_by_key(asked.key)
        if attempt is not None:
            _check_repetition(attempt, asked)
        elif payment.status in TRIABLE:
            attempt = await attempts.insert_attempt(payment, asked.key, asked.digest, provider)
            change = PaymentChange(PaymentStatus.PROCESSING, method=details)
            payment = await payments.change_payment(payment.id, change)
    return payment, attempt


async def _record_charge(
    order_id: UUID, attempt: AttemptRecord, charge: Charge, details: MethodDetails, teller: Teller
) -> Outcome:
    """Write down what the provider answered; only the first answer to an attempt counts."""
    async with DB.transaction():
        payment = await payments.lock_payment(order_id)
        if payment is None:
            raise LookupError(f"the payment of order {order_id} vanished")
        reference = charge.reference or None
        if charge.state is ChargeState.AUTHORIZED and payment.status is PaymentStatus.PROCESSING:
            await attempts.settle_attempt(attempt.id, PaymentStatus.AUTHORIZED, reference, None)
            change = PaymentChange(
                PaymentStatus.AUTHORIZED, reference, charge.facts, authorized_amount=payment.amount, method=details
            )
            payment = await payments.change_payment(payment.id, change)
        elif charge.state is ChargeState.DECLINED and payment.status is PaymentStatus.PROCESSING:
            await attempts.settle_attempt(attempt.id, PaymentStatus.FAILED, reference, charge.decline_code)
            change = PaymentChange(PaymentStatus.FAILED, reference, charge.facts)
            payment = await payments.change_payment(payment.id, change)
            await tell_payment("failed", payment, teller.traceparent, charge.decline_code)
        elif charge.state in (ChargeState.REQUIRES_ACTION, ChargeState.PROCESSING):
            await attempts.settle_attempt(attempt.id, PaymentStatus.PROCESSING, reference, None)
            return Outcome(charge.state.name, payment.id, next_action_url=charge.action_url)
    return Outcome(_STATES[payment.status], payment.id, charge.decline_code)


# -- capture and void --------------------------------------------------------------------------------------------------


async def capture(order_id: UUID, key: str, teller: Teller) -> Outcome:
    """Take what is held for the order; capturing what is captured answers the same again."""
    payment = (await payments.payments_by_order([order_id])).get(order_id)
    if payment is None:
        return Outcome("NONE")
    if payment.status is not PaymentStatus.AUTHORIZED or payment.transaction_id is None:
        return Outcome(_STATES[payment.status], payment.id)
    try:
        charge = await teller.provider.capture(
            payment.transaction_id, payment.authorized_amount, payment.currency, f"{payment.id}:capture"
        )
    except ProviderUnavailable as error:
        logger.warning("capture of payment %s under %s is in doubt: %s", payment.id, key, error)
        return Outcome("PROCESSING", payment.id)
    except ProviderRefused as refusal:
        return Outcome("DECLINED", payment.id, refusal.code)
    if charge.state is not ChargeState.CAPTURED:
        return Outcome(charge.state.name, payment.id, charge.decline_code)
    async with DB.transaction():
        locked = await payments.lock_payment(order_id)
        if locked is not None and locked.status is PaymentStatus.AUTHORIZED:
            change = PaymentChange(
                PaymentStatus.COMPLETED, gateway_response=charge.facts, captured_amount=locked.authorized_amount
            )
            locked = await payments.change_payment(locked.id, change)
            await attempts.settle_authorized(locked.id, PaymentStatus.COMPLETED)
            await tell_payment("completed", locked, teller.traceparent)
    return Outcome("CAPTURED", payment.id)


async def void(order_id: UUID, key: str, teller: Teller) -> Outcome:
    """Let go what is held for the order; a payment that was captured stays so and is answered as CAPTURED."""
    payment = (await payments.payments_by_order([order_id])).get(order_id)
    if payment is None:
        return Outcome("NONE")
    if payment.status in PAID or payment.status is PaymentStatus.VOIDED:
        return Outcome(_STATES[payment.status], payment.id)
    if payment.status is PaymentStatus.PROCESSING:
        return Outcome("PROCESSING", payment.id)
    if payment.status is PaymentStatus.AUTHORIZED and payment.transaction_id is not None:
        try:
            await teller.provider.void(payment.transaction_id, f"{payment.id}:void")
        except ProviderUnavailable as error:
            logger.warning("void of payment %s under %s is in doubt: %s", payment.id, key, error)
            return Outcome("PROCESSING", payment.id)
        except ProviderRefused as refusal:
            return Outcome("DECLINED", payment.id, refusal.code)
    async with DB.transaction():
        locked = await payments.lock_payment(order_id)
        if locked is not None and locked.status in TRIABLE | {PaymentStatus.AUTHORIZED}:
            await payments.change_payment(locked.id, PaymentChange(PaymentStatus.VOIDED, authorized_amount=Decimal(0)))
            await attempts.settle_authorized(locked.id, PaymentStatus.VOIDED)
    return Outcome("VOIDED", payment.id)
