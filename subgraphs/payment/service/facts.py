"""Events of the payment room, written in the transaction that is told of (S-007).

Payload of every ``payment.*`` event: ``payment_id``, ``order_id``, ``user_id``, ``status``, ``amount`` (decimal
string), ``currency``, ``method_summary`` (or null), ``error_code`` (or null). ``version`` is the payment's.
Of ``payment.refunded`` the ``amount`` is what this refund gave back; it adds ``refund_id``, and ``restock`` when the
goods go back on the shelf.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from subgraphs.kernel.events import Event
from subgraphs.kernel.outbox import write_events
from subgraphs.payment.domain import PaymentRecord, RefundRecord
from subgraphs.payment.tables import DB


async def tell_payment(
    what: str, payment: PaymentRecord, traceparent: str | None, error_code: str | None = None
) -> None:
    """Write ``payment.<what>`` to the outbox; the caller's transaction."""
    await _tell(what, payment, traceparent, {"error_code": error_code})


async def tell_refund(payment: PaymentRecord, refund: RefundRecord, traceparent: str | None) -> None:
    """Write ``payment.refunded``; the caller's transaction, with the payment as it is after the refund."""
    facts = {"amount": str(refund.amount), "refund_id": str(refund.id), "restock": refund.restock, "error_code": None}
    await _tell("refunded", payment, traceparent, facts)


async def _tell(what: str, payment: PaymentRecord, traceparent: str | None, facts: Mapping[str, Any]) -> None:
    payload = {
        "payment_id": str(payment.id),
        "order_id": str(payment.order_id),
        "user_id": str(payment.user_id),
        "status": payment.status.value,
        "amount": str(payment.amount),
        "currency": payment.currency,
        "method_summary": payment.method_summary,
        **facts,
    }
    event = Event(f"payment.{what}", f"payment:{payment.id}", payload, version=payment.version, traceparent=traceparent)
    await write_events(DB, event)
