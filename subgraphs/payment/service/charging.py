"""Holding the amount of an order, for the order service's saga only (§5, step 4).

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

from subgraphs.kernel.faults import fault_point
from subgraphs.kernel.idempotency import check_key, is_closed
from subgraphs.kernel.money import check_amount
from subgraphs.kernel.refusals import Conflict, Invalid
from subgraphs.payment.domain import (
    TRIABLE,
    AttemptRecord,
    MethodDetails,
    PaymentRecord,
    PaymentStatus,
    check_token,
    is_expired,
)
from subgraphs.payment.provider import (
    KEY_REUSED,
    Charge,
    ChargeState,
    PaymentProvider,
    ProviderRefused,
    ProviderUnavailable,
)
from subgraphs.payment.repository import attempts, methods, payments
from subgraphs.payment.repository.payments import PaymentChange
from subgraphs.payment.service.outcomes import STATES, Outcome, Teller
from subgraphs.payment.service.recording import record
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


async def authorize(asked: Authorization, teller: Teller) -> Outcome:
    """Hold the amount for the order, once per key; a decline or an unknown outcome is an answer.

    Raises Invalid for keys, amounts and sources that cannot be, Conflict ``IDEMPOTENCY_KEY_REUSED`` and
    ``PAYMENT_MISMATCH``.
    """
    check_key(asked.key)
    if check_amount(asked.amount, asked.currency, path=["amount"]) == 0:
        raise Invalid("There is nothing to pay.", code="AMOUNT_OUT_OF_RANGE", path=["amount"])
    known = await attempts.attempt_by_key(asked.key)
    if known is not None:
        _check_repetition(known, asked)
        if known.status is not PaymentStatus.PROCESSING:
            return await _settled(known)
    source = await _source(asked, teller.provider, repeated=known is not None)
    if isinstance(source, Outcome):
        return source
    token, details = source
    payment, attempt, new = await _begin(asked, details, teller.provider.name)
    if payment is None:
        return Outcome("VOIDED")
    if attempt is None or attempt.status is not PaymentStatus.PROCESSING:
        return Outcome(STATES[payment.status], payment.id) if attempt is None else await _settled(attempt)
    fault_point("payment.attempt_written")
    try:
        charge = await teller.provider.authorize(
            token, asked.amount, asked.currency, str(asked.order_id), str(attempt.id)
        )
    except ProviderUnavailable as error:
        logger.warning("attempt %s of order %s is in doubt: %s", attempt.id, asked.order_id, error)
        return Outcome("PROCESSING", payment.id)
    except ProviderRefused as refusal:
        found = await _refused(attempt, refusal, teller, new=new)
        if found is None:
            return Outcome("PROCESSING", payment.id)
        charge = found
    fault_point("payment.authorized_unrecorded")
    payment = await record(attempt.id, charge, teller.traceparent, details)
    if charge.state is ChargeState.REQUIRES_ACTION and payment.status is PaymentStatus.PROCESSING:
        return Outcome("REQUIRES_ACTION", payment.id, next_action_url=charge.action_url)
    return Outcome(STATES[payment.status], payment.id, charge.decline_code)


async def _refused(attempt: AttemptRecord, refusal: ProviderRefused, teller: Teller, *, new: bool) -> Charge | None:
    """What a refusal amounts to: a decline, if it answers the first request.

    That of a repetition says nothing of the first one, which may have acted: the charge is looked up, and None leaves
    the attempt open.
    """
    if new and refusal.code != KEY_REUSED:
        return Charge("", ChargeState.DECLINED, refusal.code)
    logger.warning("attempt %s was refused when it was repeated: %s", attempt.id, refusal.code)
    return await teller.look_up(attempt)


def _check_repetition(attempt: AttemptRecord, asked: Authorization) -> None:
    if attempt.request_hash != asked.digest:
        raise Conflict("This key was used for another request.", code="IDEMPOTENCY_KEY_REUSED", path=["idempotencyKey"])


async def _settled(attempt: AttemptRecord) -> Outcome:
    """What an attempt that is over amounts to; once it succeeded, what has become of its payment since."""
    if attempt.status is not PaymentStatus.FAILED:
        payment = (await payments.payments_by_id([attempt.payment_id]))[attempt.payment_id]
        return Outcome(STATES[payment.status], payment.id)
    return Outcome("DECLINED", attempt.payment_id, attempt.error_code)


async def _source(
    asked: Authorization, provider: PaymentProvider, *, repeated: bool
) -> tuple[str, MethodDetails] | Outcome:
    """The token to charge and what stands behind it; a method that cannot be used is a decline.

    Of a ``repeated`` request the first run may have reached the provider: a refusal is no decline then, it stays open.
    A provider that does not answer has declined nothing: the order service asks again under the same key.
    """
    if asked.method_id is not None:
        method = (await methods.methods_by_id([asked.method_id])).get(asked.method_id)
        if method is None or method.user_id != asked.user_id:
            return Outcome("PROCESSING" if repeated else "DECLINED", decline_code="payment_method_not_found")
        token, details = method.provider_token, method.details
    elif asked.token is not None:
        token = check_token(asked.token, ["paymentToken"])
        try:
            details = await provider.describe(token)
        except ProviderRefused:
            return Outcome("PROCESSING" if repeated else "DECLINED", decline_code="invalid_payment_token")
        except ProviderUnavailable:
            return Outcome("PROCESSING", decline_code="provider_unavailable")
    else:
        raise Invalid("Give paymentMethodId or paymentToken.", code="PAYMENT_SOURCE_REQUIRED", path=["paymentToken"])
    if not repeated and is_expired(details, datetime.now(UTC).date()):
        return Outcome("DECLINED", decline_code="expired_card")
    return token, details


async def _begin(
    asked: Authorization, details: MethodDetails, provider: str
) -> tuple[PaymentRecord | None, AttemptRecord | None, bool]:
    """The locked payment, the attempt under this key, and whether that is new.

    No attempt when the payment is already on its way or paid; no payment either when the order was given up before it
    had one.
    """
    async with DB.transaction():
        await payments.lock_order(asked.order_id)
        if await is_closed(DB, asked.order_id):
            return None, None, False
        payment = await payments.lock_or_create_payment(
            asked.order_id, asked.user_id, asked.amount, asked.currency, details
        )
        if (payment.user_id, payment.amount, payment.currency) != (asked.user_id, asked.amount, asked.currency):
            raise Conflict("This order has another payment.", code="PAYMENT_MISMATCH", path=["orderId"])
        attempt = await attempts.attempt_by_key(asked.key)
        new = attempt is None and payment.status in TRIABLE
        if attempt is not None:
            _check_repetition(attempt, asked)
        elif new:
            attempt = await attempts.insert_attempt(payment, asked.key, asked.digest, provider)
            change = PaymentChange(PaymentStatus.PROCESSING, method=details)
            payment = await payments.change_payment(payment.id, change)
    return payment, attempt, new
