"""Events of the order room: what notification, product and others are told, written in the transaction that is told of.

Payload of every ``order.*`` event: ``order_id``, ``order_number``, ``user_id``, ``status``, ``total`` (decimal string),
``currency``, ``contact_email`` (or null), ``tracking_number`` (or null), ``items`` (list of ``product_id``,
``product_name``, ``quantity``). ``version`` is the order's.
"""

from __future__ import annotations

from collections.abc import Sequence

from subgraphs.kernel.events import Event
from subgraphs.kernel.outbox import write_events
from subgraphs.order.domain.records import ItemRecord, OrderRecord
from subgraphs.order.tables import DB

TOLD_STATUSES = frozenset({"confirmed", "processing", "shipped", "delivered", "cancelled"})
"""Statuses whose being reached is an event of its own; ``order.created`` tells of pending."""


async def tell_order(what: str, order: OrderRecord, items: Sequence[ItemRecord], traceparent: str | None) -> None:
    """Write ``order.<what>`` to the outbox; the caller's transaction."""
    payload = {
        "order_id": str(order.id),
        "order_number": order.order_number,
        "user_id": str(order.user_id),
        "status": order.status.value,
        "total": str(order.total),
        "currency": order.currency,
        "contact_email": order.contact_email,
        "tracking_number": order.tracking_number,
        "items": [
            {"product_id": str(item.product_id), "product_name": item.product_name, "quantity": item.quantity}
            for item in items
        ],
    }
    event = Event(f"order.{what}", f"order:{order.id}", payload, version=order.version, traceparent=traceparent)
    await write_events(DB, event)
