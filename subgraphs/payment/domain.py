"""The payment room's rules as plain functions and values: states, expiry, what is due; no I/O, no framework."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

from subgraphs.kernel.money import ZERO, check_amount
from subgraphs.kernel.refusals import Invalid, Refusal


class PaymentStatus(Enum):
    """State of a payment over all its attempts and refunds; also of a single attempt."""

    PENDING = "pending"
    PROCESSING = "processing"
    AUTHORIZED = "authorized"
    COMPLETED = "completed"
    FAILED = "failed"
    VOIDED = "voided"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class RefundStatus(Enum):
    """State of a refund."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class PaymentMethodType(Enum):
    """Kinds of payment methods."""

    CREDIT_CARD = "credit_card"
    DEBIT_CARD = "debit_card"
    PAYPAL = "paypal"


class OrderStatus(Enum):
    """The order room's statuses, as they arrive with a reference to an order."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


PAID = frozenset({PaymentStatus.COMPLETED, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED})
"""Money has been taken; the payment cannot be tried again."""

TRIABLE = frozenset({PaymentStatus.PENDING, PaymentStatus.FAILED})
"""A new attempt may begin."""

MAX_METHODS = 20
"""Stored methods per user."""

MAX_REASON = 1000
"""Characters of a refund's reason."""

FORWARD: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.PROCESSING: frozenset(
        {PaymentStatus.AUTHORIZED, PaymentStatus.COMPLETED, PaymentStatus.FAILED, PaymentStatus.VOIDED}
    ),
    PaymentStatus.AUTHORIZED: frozenset({PaymentStatus.COMPLETED, PaymentStatus.VOIDED}),
    PaymentStatus.FAILED: frozenset({PaymentStatus.AUTHORIZED, PaymentStatus.COMPLETED}),
    PaymentStatus.VOIDED: frozenset({PaymentStatus.COMPLETED}),
    PaymentStatus.COMPLETED: frozenset(),
}
"""Where news may take an attempt: only forward, so that news may come late, twice and in any order.

Money that turns up after a failure or a void is believed, because it has to be given back.
"""

REFUND_FORWARD: dict[RefundStatus, frozenset[RefundStatus]] = {
    RefundStatus.PENDING: frozenset({RefundStatus.COMPLETED, RefundStatus.FAILED}),
    RefundStatus.PROCESSING: frozenset({RefundStatus.COMPLETED, RefundStatus.FAILED}),
    RefundStatus.COMPLETED: frozenset({RefundStatus.FAILED}),
    RefundStatus.FAILED: frozenset(),
}
"""Where news may take a refund: only forward, like an attempt.

A bank may send back, days later, what the provider gave; a provider never gives what it has failed to give.
"""


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """A row of ``payments``; ``0 <= refunded <= captured <= amount`` in ``currency``."""

    id: UUID
    order_id: UUID
    user_id: UUID
    amount: Decimal
    currency: str
    status: PaymentStatus
    payment_method: str
    method_summary: str | None
    transaction_id: str | None
    authorized_amount: Decimal
    capture_amount: Decimal | None  # what is to be taken, once that is decided
    captured_amount: Decimal
    refunded_amount: Decimal
    version: int
    processed_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """A row of ``payment_attempts``."""

    id: UUID
    payment_id: UUID
    request_hash: str
    status: PaymentStatus
    amount: Decimal
    provider_reference: str | None
    error_code: str | None
    orphaned: bool
    polls: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RefundRecord:
    """A row of ``refunds`` with its payment's currency."""

    id: UUID
    payment_id: UUID
    amount: Decimal
    currency: str
    reason: str | None
    status: RefundStatus
    transaction_id: str | None
    restock: bool
    tries: int
    processed_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MethodDetails:
    """What the provider tells about a means of payment: enough to recognise it, nothing to charge it with."""

    type: PaymentMethodType
    fingerprint: str
    brand: str | None = None
    last_four_digits: str | None = None
    expiry_month: int | None = None
    expiry_year: int | None = None

    @property
    def summary(self) -> str:
        """What people recognise it by: ``Visa •••• 4242``."""
        name = (self.brand or self.type.value.replace("_", " ")).title() if self.brand != "PayPal" else "PayPal"
        return f"{name} •••• {self.last_four_digits}" if self.last_four_digits else name


@dataclass(frozen=True, slots=True)
class MethodRecord:
    """A live row of ``payment_methods``; ``provider_token`` never leaves the room."""

    id: UUID
    user_id: UUID
    provider: str | None
    details: MethodDetails
    provider_token: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """Conditions on a list of payments, all of which must hold."""

    statuses: tuple[PaymentStatus, ...] | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    user_id: UUID | None = None


class RefundExceedsCaptured(Refusal):
    """More was to be given back than is left of what was taken."""

    code = "REFUND_EXCEEDS_CAPTURED"

    def __init__(self, refundable: Decimal, currency: str) -> None:
        super().__init__(f"At most {refundable} {currency} can be refunded.", path=["amount"])
        self.refundable = refundable
        self.currency = currency


def refund_amount(payment: PaymentRecord, promised: Decimal, asked: Decimal | None) -> Decimal:
    """What a refund of ``asked`` gives back, all that is left when None; ``promised`` is what earlier ones give.

    Raises Invalid for an amount that is none, RefundExceedsCaptured beyond what is left.
    """
    refundable = payment.captured_amount - promised
    amount = refundable if asked is None else check_amount(asked, payment.currency, path=["amount"])
    if asked is not None and amount == 0:
        raise Invalid("A refund is more than nothing.", code="AMOUNT_OUT_OF_RANGE", path=["amount"])
    if amount > refundable or amount == 0:
        raise RefundExceedsCaptured(refundable, payment.currency)
    return amount


def status_with_refunded(payment: PaymentRecord, refunded: Decimal) -> PaymentStatus:
    """Where a payment whose money was taken stands when ``refunded`` of it is given back."""
    if refunded == 0:
        return PaymentStatus.COMPLETED
    return PaymentStatus.REFUNDED if refunded == payment.captured_amount else PaymentStatus.PARTIALLY_REFUNDED


def check_reason(reason: str) -> str:
    """The trimmed reason; raises Invalid ``REASON_INVALID``."""
    text = reason.strip()
    if not 1 <= len(text) <= MAX_REASON or "\x00" in text:
        raise Invalid(f"A reason has 1 to {MAX_REASON} characters.", code="REASON_INVALID", path=["reason"])
    return text


def is_expired(details: MethodDetails, today: date) -> bool:
    """A card is good until the last day of its month; what has no expiry never expires."""
    if details.expiry_month is None or details.expiry_year is None:
        return False
    return (details.expiry_year, details.expiry_month) < (today.year, today.month)


def amount_due(total: Decimal, status: OrderStatus, captured: Decimal) -> Decimal:
    """What the buyer still owes: nothing for a cancelled order, else the total less what was taken."""
    if status is OrderStatus.CANCELLED:
        return ZERO
    return max(total - captured, ZERO)


_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,255}")
_CARD_NUMBER = re.compile(r"[0-9][0-9 -]{10,}[0-9]")


def check_token(token: str, path: list[str]) -> str:
    """A provider's token; refuses what looks like a card number, which must never reach this service."""
    if _CARD_NUMBER.search(token):
        raise Invalid("Never send a card number; send the provider's token.", code="CARD_NUMBER_REFUSED", path=path)
    if not _TOKEN.fullmatch(token):
        raise Invalid("This is no token of the provider.", code="TOKEN_INVALID", path=path, constraint=_TOKEN.pattern)
    return token
