"""Which facts contradict each other: plain rules over one order, one payment, one intent of the provider."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ops.reconcile.books import Intent
from ops.reconcile.facts import AttemptFacts, Hold, OrderFacts, PaymentFacts

Complaint = tuple[str, str]
"""A stable code, and what is wrong in words."""

_OPEN = frozenset({"claimed", "reserved", "created", "declined", "authorized", "committed", "captured", "compensating"})


def order_complaints(order: OrderFacts, payment: PaymentFacts | None, holds: Sequence[Hold]) -> Iterator[Complaint]:
    """What is wrong with an order, its money and its goods. While its saga runs, only that it does not get on."""
    if order.overdue:
        yield "SAGA_STUCK", f"its saga stands at {order.step} and is not worked on"
    yield from _hold_complaints(holds)
    if order.step in _OPEN:
        return
    if order.status == "pending" and order.step is not None:
        yield "NEVER_SETTLED", f"it is pending, and its saga has ended as {order.step}"
    yield from _money_complaints(order, payment)
    yield from _goods_complaints(order, payment, holds)


def _money_complaints(order: OrderFacts, payment: PaymentFacts | None) -> Iterator[Complaint]:
    due = order.total - (payment.let_go if payment else 0)
    captured = payment.captured if payment else 0
    refunded = payment.refunded if payment else 0
    if order.status == "cancelled":
        if captured != refunded:
            yield "CANCELLED_NOT_REFUNDED", f"{captured} was taken, {refunded} given back"
    elif order.status != "pending" and captured != due:
        yield "WRONG_AMOUNT_TAKEN", f"{due} was to be taken of its {order.total}, {captured} was"
    elif order.status == "pending" and captured != refunded:
        yield "PAID_NOT_CONFIRMED", f"{captured} was taken for an order that is not confirmed"


def _goods_complaints(order: OrderFacts, payment: PaymentFacts | None, holds: Sequence[Hold]) -> Iterator[Complaint]:
    sold = {hold.product_id: hold.quantity for hold in holds if hold.status == "committed"}
    if order.status in ("cancelled", "pending"):
        if sold:
            yield "SOLD_NOT_RETURNED", f"{sum(sold.values())} units are sold to an order that is {order.status}"
    elif holds and sold != order.items:  # imported orders have no reservations
        returned = payment is not None and payment.status == "refunded"
        if not (returned and all(hold.reason == "returned" for hold in holds)):
            yield "GOODS_DIFFER", "the units that left the stock are not those of its items"


def _hold_complaints(holds: Sequence[Hold]) -> Iterator[Complaint]:
    overdue = sum(hold.quantity for hold in holds if hold.overdue)
    if overdue:
        yield "HOLD_OVERDUE", f"{overdue} units are held past their time"


def payment_complaints(payment: PaymentFacts, *, has_order: bool) -> Iterator[Complaint]:
    """What is wrong with a payment by itself."""
    if payment.refunded != payment.refunds_completed:
        yield "REFUNDS_DIFFER", f"refunds over {payment.refunds_completed} are done, {payment.refunded} is booked"
    if payment.open_since_long:
        yield "PAYMENT_STUCK", "an attempt or a refund is open and is not worked on"
    if payment.orphan_kept:
        yield "ORPHAN_KEPT", "an attempt took money that it does not count, and that has not gone back in a day"
    if not has_order and payment.captured != payment.refunded:
        yield "NO_ORDER", f"{payment.captured - payment.refunded} was taken for an order that does not exist"


def intent_complaints(intent: Intent, attempt: AttemptFacts | None) -> Iterator[Complaint]:
    """What is wrong with what the provider has of the money; ``attempt`` is the one that it was asked for."""
    if attempt is None:
        yield "UNKNOWN_CHARGE", f"the provider has {intent.received}, and no attempt knows of it"
    elif intent.held and attempt.status != "authorized":
        yield "FORGOTTEN_HOLD", f"the money is held, and the attempt is {attempt.status}"
    elif attempt.status == "completed" and attempt.counted:
        returned = intent.returned - intent.pending
        if (attempt.captured, attempt.refunded) != (intent.received, returned):
            yield "BOOKS_DIFFER", f"the provider took {intent.received} and gave {returned} back"
    elif intent.received != intent.returned:
        yield "BOOKS_DIFFER", f"{intent.received - intent.returned} was taken by a {attempt.status} attempt"
