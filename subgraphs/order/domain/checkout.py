"""The checkout saga's steps and what a client sees of them (shop specification §5).

A saga row moves forward through ``SagaStep`` in the order written here; each step is recorded only after its effect is
durable, so whoever continues the row knows which call to repeat. ``COMPENSATING`` and ``FAILED`` leave it anywhere.
"""

from __future__ import annotations

import re
from enum import Enum
from uuid import UUID


class SagaStep(Enum):
    """The last step whose effect is known to be durable."""

    CLAIMED = "claimed"
    RESERVED = "reserved"
    CREATED = "created"
    DECLINED = "declined"
    AUTHORIZED = "authorized"
    COMMITTED = "committed"
    CAPTURED = "captured"
    CONFIRMED = "confirmed"
    COMPENSATING = "compensating"
    FAILED = "failed"


class CheckoutState(Enum):
    """What the client is told: which part of the checkout is being worked on."""

    RESERVING = "reserving"
    AWAITING_PAYMENT = "awaiting_payment"
    AUTHORIZING = "authorizing"
    CAPTURING = "capturing"
    COMPLETED = "completed"
    COMPENSATING = "compensating"
    FAILED = "failed"


STATE_AFTER: dict[SagaStep, CheckoutState] = {
    SagaStep.CLAIMED: CheckoutState.RESERVING,
    SagaStep.RESERVED: CheckoutState.RESERVING,
    SagaStep.CREATED: CheckoutState.AUTHORIZING,
    SagaStep.DECLINED: CheckoutState.AWAITING_PAYMENT,
    SagaStep.AUTHORIZED: CheckoutState.CAPTURING,
    SagaStep.COMMITTED: CheckoutState.CAPTURING,
    SagaStep.CAPTURED: CheckoutState.CAPTURING,
    SagaStep.CONFIRMED: CheckoutState.COMPLETED,
    SagaStep.COMPENSATING: CheckoutState.COMPENSATING,
    SagaStep.FAILED: CheckoutState.FAILED,
}

RESERVATION_SECONDS = 15 * 60
"""How long goods are held for a payment, and an unpaid order is kept; DECLINED waits for the buyer until then."""

MAX_PAYMENT_ATTEMPTS = 5
"""Tries to pay one order, the first included."""

HOPELESS = frozenset({"stolen_card", "lost_card", "fraudulent"})
"""Decline codes after which another try with the same means is pointless."""

GIVEN_UP = "payment_expired"
"""Cause of the cancellation of an order that nobody paid in time."""

MAX_CANCEL_REASON = 500


_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,255}")
_CARD_NUMBER = re.compile(r"[0-9][0-9 -]{10,}[0-9]")


def impossible_token(token: str) -> str | None:
    """Why this cannot be a provider's token, as a decline code; such text is neither kept nor passed on."""
    if _CARD_NUMBER.search(token):
        return "card_number_refused"
    return None if _TOKEN.fullmatch(token) else "invalid_payment_token"


class LeaseLost(Exception):  # noqa: N818 - an answer: somebody else goes on
    """Another process works on this checkout now."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"the checkout of order {order_id} is in other hands")


def may_retry(code: str, attempts: int) -> bool:
    """Whether paying by other means is possible after ``attempts`` declines, the last with ``code``."""
    return attempts < MAX_PAYMENT_ATTEMPTS and code not in HOPELESS


def pause_after(failures: int) -> float:
    """Seconds until a saga that has to wait is looked at again: soon at first, then ever later."""
    return float(min(1.5**failures, 60.0)) if failures < 20 else 60.0
