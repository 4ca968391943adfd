"""The checkout saga's steps and what a client sees of them (shop specification §5).

A saga row moves forward through ``SagaStep`` in the order written here; each step is recorded only after its effect is
durable, so whoever continues the row knows which call to repeat. ``COMPENSATING`` and ``FAILED`` leave it anywhere.
"""

from __future__ import annotations

from enum import Enum


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

TERMINAL = frozenset({SagaStep.CONFIRMED, SagaStep.FAILED})
"""Steps after which the worker has nothing to do; DECLINED waits for the buyer, bounded by the reservation."""

RESERVATION_SECONDS = 15 * 60
MAX_PAYMENT_ATTEMPTS = 5
