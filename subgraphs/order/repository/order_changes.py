"""Writes of orders: placing one, and moving it on under its row lock; history goes with every move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from subgraphs.order.domain.pricing import PricedLine, Totals
from subgraphs.order.domain.records import OrderRecord
from subgraphs.order.domain.status import OrderStatus
from subgraphs.order.repository.orders import ORDER_COLUMNS, order_record
from subgraphs.order.tables import DB


class ActorKind(Enum):
    """Who caused a change of status."""

    CUSTOMER = "customer"
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """The cause of a status change: a person, or the shop itself with ``id`` None."""

    kind: ActorKind
    id: UUID | None = None


SHOP = Actor(ActorKind.SYSTEM)


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What a checkout is about to write."""

    id: UUID
    order_number: str
    user_id: UUID
    lines: tuple[PricedLine, ...]
    totals: Totals
    currency: str
    shipping_address: Mapping[str, Any]
    billing_address: Mapping[str, Any]
    payment_method: str | None
    contact_email: str | None
    notes: str | None
    idempotency_key: str


async def insert_order(order: NewOrder, actor: Actor) -> OrderRecord:
    """Write a pending order with its items and the first line of its history; the caller's transaction."""
    row = await DB.fetch_row(
        f"""
        INSERT INTO orders AS o (
            id, order_number, user_id, subtotal, shipping_cost, tax, total, currency, shipping_address,
            billing_address, payment_method, contact_email, notes, idempotency_key)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        RETURNING {ORDER_COLUMNS}
        """,
        order.id,
        order.order_number,
        order.user_id,
        order.totals.subtotal,
        order.totals.shipping,
        order.totals.tax,
        order.totals.total,
        order.currency,
        order.shipping_address,
        order.billing_address,
        order.payment_method,
        order.contact_email,
        order.notes,
        order.idempotency_key,
    )
    await DB.execute(
        """
        INSERT INTO order_items (order_id, position, product_id, product_name, product_sku, quantity, unit_price,
                                 subtotal)
        SELECT $1, line.position - 1, line.product_id, line.name, line.sku, line.quantity, line.price,
               line.quantity * line.price
        FROM unnest($2::uuid[], $3::text[], $4::text[], $5::int[], $6::numeric[])
             WITH ORDINALITY AS line (product_id, name, sku, quantity, price, position)
        """,
        order.id,
        [line.product_id for line in order.lines],
        [line.name for line in order.lines],
        [line.sku for line in order.lines],
        [line.quantity for line in order.lines],
        [line.unit_price for line in order.lines],
    )
    await _insert_change(order.id, OrderStatus.PENDING, actor, None, "checkout")
    return order_record(row)


async def lock_order(order_id: UUID) -> OrderRecord | None:
    """The order, locked until the transaction ends."""
    row = await DB.fetch_row(f"SELECT {ORDER_COLUMNS} FROM orders o WHERE o.id = $1 FOR UPDATE", order_id)
    return None if row is None else order_record(row)


async def move_order(
    order_id: UUID, to: OrderStatus, actor: Actor, *, notes: str | None = None, reason: str | None = None
) -> OrderRecord:
    """Set the status, raise the version and write history; the caller holds the row lock and has checked the move."""
    row = await DB.fetch_row(
        f"UPDATE orders o SET status = $2, version = o.version + 1 WHERE o.id = $1 RETURNING {ORDER_COLUMNS}",
        order_id,
        to.value,
    )
    await _insert_change(order_id, to, actor, notes, reason)
    return order_record(row)


async def cancel_order(order_id: UUID, actor: Actor, cause: str, reason: str) -> OrderRecord:
    """Cancel with its reason in words, raise the version and write history; the caller holds the row lock."""
    await DB.execute("UPDATE orders SET cancel_reason = $2 WHERE id = $1", order_id, reason)
    return await move_order(order_id, OrderStatus.CANCELLED, actor, reason=cause)


async def set_tracking(order_id: UUID, tracking_number: str) -> OrderRecord:
    """Set the carrier's number and raise the version; the caller holds the row lock."""
    row = await DB.fetch_row(
        f"UPDATE orders o SET tracking_number = $2, version = o.version + 1 WHERE o.id = $1 RETURNING {ORDER_COLUMNS}",
        order_id,
        tracking_number,
    )
    return order_record(row)


async def _insert_change(
    order_id: UUID, status: OrderStatus, actor: Actor, notes: str | None, reason: str | None
) -> None:
    await DB.execute(
        """
        INSERT INTO order_status_history (order_id, status, actor_id, actor_kind, notes, reason)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        order_id,
        status.value,
        actor.id,
        actor.kind.value,
        notes,
        reason,
    )
