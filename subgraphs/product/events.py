"""What other rooms' events do here: a delivered order makes its buyer's reviews verified purchases (D15)."""

from __future__ import annotations

from uuid import UUID

from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.events import Event, Listens
from subgraphs.product.repository import purchases


async def on_order_delivered(event: Event, room: RunningRoom) -> None:
    """Needs ``order_id``, ``user_id`` and the ``product_id`` of each of ``items``; runs with the inbox row."""
    payload = event.payload
    user_id, order_id = UUID(payload["user_id"]), UUID(payload["order_id"])
    product_ids = [UUID(item["product_id"]) for item in payload["items"]]
    await purchases.lock_buyer(user_id)
    await purchases.insert(user_id, order_id, product_ids, event.occurred_at)
    await purchases.verify_reviews(user_id, product_ids)


LISTENS = (Listens("order", "order.delivered", on_order_delivered),)
