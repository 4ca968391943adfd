"""Following orders: each status a buyer's order takes, as it takes it (shop.md §8)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Hashable
from uuid import UUID

from subgraphs.kernel.events import Event
from subgraphs.kernel.feed import Feed
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.refusals import Forbidden, Missing
from subgraphs.order.domain.records import OrderRecord
from subgraphs.order.repository import orders

READ_SCOPE = "orders:read"


async def status_changes(feed: Feed, principal: Principal, order_id: UUID | None) -> AsyncGenerator[OrderRecord, None]:
    """One order, or with None all orders of the caller, whenever a status is reached; as the order is then.

    Refuses with Missing what the caller may not read, and ends with Forbidden when that becomes so. A version is
    answered once and none after a newer one: of changes that follow each other closely, the last is told.
    """
    owner = None if order_id is not None else principal.required_user()
    order_by_id = feed.shared(orders.orders_by_id)
    async with feed.listening(lambda event: _order_of(event, order_id, owner)) as events:
        if order_id is not None and not _may_read(principal, await order_by_id(order_id)):
            raise Missing("There is no such order.", path=["orderId"])
        told: dict[UUID, int] = {}
        async for event in events:
            order = await order_by_id(UUID(event.payload["order_id"]))
            if order is None or not _may_read(principal, order):
                if order_id is not None:
                    raise Forbidden("The caller may not read this order any more.")
                continue
            if order.version > told.get(order.id, 0):
                told[order.id] = order.version
                yield order


def _order_of(event: Event, order_id: UUID | None, owner: UUID | None) -> Hashable | None:
    """The order whose status an event tells of, if it is one that is followed."""
    told = event.payload.get("order_id")
    if not event.type.startswith("order.") or "status" not in event.payload:
        return None
    if order_id is not None:
        return told if told == str(order_id) else None
    return told if event.payload.get("user_id") == str(owner) else None


def _may_read(principal: Principal, order: OrderRecord | None) -> bool:
    return order is not None and principal.may_read(order.user_id, READ_SCOPE)
