"""Events of the payment room, written in the transaction that is told of (S-007).

Payload of every ``payment.*`` event: ``payment_id``, ``order_id``, ``user_id``, ``status``, ``amount`` (decimal
string), ``currency``, ``method_summary`` (or null), ``error_code`` (or null). ``version`` is the payment's.
"""

from __future__ import annotations

from subgraphs.kernel.events import Event
from subgraphs.kernel.outbox import write_events
from subgraphs.payment.domain import PaymentRecord
from subgraphs.payment.tables import DB


async def tell_payment(
    what: str, payment: PaymentRecord, traceparent: str | None, error_code: str | None = None
) -> None:
    """Write ``payment.<what>`` to the outbox; the caller's transaction."""
    payload = {
        "payment_id": str(payment.id),
        "order_id": str(payment.order_id),
        "user_id": str(payment.user_id),
        "status": payment.status.value,
        "amount": str(payment.amount),
        "currency": payment.currency,
        "method_summary": payment.method_summary,
        "error_code": error_code,
    }
    event = Event(f"payment.{what}", f"payment:{payment.id}", payload, version=payment.version, traceparent=traceparent)
    await write_events(DB, event)
