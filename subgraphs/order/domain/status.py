"""The order's state machine (S-034).

pending → confirmed → processing → shipped → delivered; cancelled from the first three only.
"""

from __future__ import annotations

from enum import Enum


class OrderStatus(Enum):
    """Where an order stands. The value is what SQL stores, the name is what GraphQL shows."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


TRANSITIONS: dict[OrderStatus, tuple[OrderStatus, ...]] = {
    OrderStatus.PENDING: (OrderStatus.CONFIRMED, OrderStatus.CANCELLED),
    OrderStatus.CONFIRMED: (OrderStatus.PROCESSING, OrderStatus.CANCELLED),
    OrderStatus.PROCESSING: (OrderStatus.SHIPPED, OrderStatus.CANCELLED),
    OrderStatus.SHIPPED: (OrderStatus.DELIVERED,),
    OrderStatus.DELIVERED: (),
    OrderStatus.CANCELLED: (),
}


def allowed_transitions(status: OrderStatus) -> tuple[OrderStatus, ...]:
    """The statuses an order in ``status`` may move to, in the order of a normal life."""
    return TRANSITIONS[status]


def may_move(current: OrderStatus, target: OrderStatus) -> bool:
    """True when ``current`` → ``target`` is one of the seven legal moves; staying is not a move."""
    return target in TRANSITIONS[current]
