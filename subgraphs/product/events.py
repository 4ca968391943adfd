"""What other rooms' events do here.

A delivered order makes its buyer's reviews verified purchases (D15); a refund for goods that came back puts them on the
shelf again; a person who is forgotten leaves reviews that are nobody's.
"""

from __future__ import annotations

from uuid import UUID

from subgraphs.kernel.audit import forget_in_audit_log
from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.erasure import ERASED, acknowledge, concerns, forget_in_shared_tables
from subgraphs.kernel.events import Event, Listens
from subgraphs.product.repository import purchases, review_writing
from subgraphs.product.service import stock
from subgraphs.product.tables import DB


async def on_order_delivered(event: Event, room: RunningRoom) -> None:
    """Needs ``order_id``, ``user_id`` and the ``product_id`` of each of ``items``; runs with the inbox row."""
    payload = event.payload
    user_id, order_id = UUID(payload["user_id"]), UUID(payload["order_id"])
    product_ids = [UUID(item["product_id"]) for item in payload["items"]]
    await purchases.lock_buyer(user_id)
    await purchases.insert(user_id, order_id, product_ids, event.occurred_at)
    await purchases.verify_reviews(user_id, product_ids)


async def on_erased(event: Event, room: RunningRoom) -> None:
    """Cut the tie between a person and what they wrote, voted for and bought; the reviews themselves stay."""
    if not concerns(event, room.name):
        return
    user_id = UUID(event.payload["user_id"])
    await purchases.lock_buyer(user_id)
    reviews = await review_writing.anonymise(user_id)
    await purchases.delete_all(user_id)
    await forget_in_audit_log(DB, ["product_reviews"], reviews)
    await forget_in_shared_tables(DB, user_id)
    await acknowledge(DB, user_id)


async def on_payment_refunded(event: Event, room: RunningRoom) -> None:
    """Needs ``order_id``, and ``restock`` when the whole order's goods are back; a release happens once per order."""
    if event.payload.get("restock"):
        await stock.release(UUID(event.payload["order_id"]), "returned")


LISTENS = (
    Listens("order", "order.delivered", on_order_delivered),
    Listens("auth", ERASED, on_erased),
    Listens("payment", "payment.refunded", on_payment_refunded),
)
