"""Orders with their items and history: batch reads, pages, and the writes of a checkout and of a transition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from subgraphs.kernel.pagination import Column, Keyset, PageRequest
from subgraphs.order.domain.pricing import PricedLine, Totals
from subgraphs.order.domain.records import ItemRecord, OrderFilter, OrderRecord, StatusChangeRecord
from subgraphs.order.domain.status import OrderStatus
from subgraphs.order.tables import DB

_COLUMNS = (
    "o.id, o.order_number, o.user_id, o.status, o.subtotal, o.shipping_cost, o.tax, o.discount, o.total, o.currency, "
    "o.shipping_address, o.billing_address, o.payment_method, o.tracking_number, o.notes, o.contact_email, "
    "o.cancel_reason, o.version, o.created_at, o.updated_at"
)

NEWEST = Keyset("NEWEST", (Column("o.created_at", datetime, descending=True), Column("o.id", UUID, descending=True)))
OLDEST = Keyset("OLDEST", (Column("o.created_at", datetime), Column("o.id", UUID)))
DEAREST = Keyset("DEAREST", (Column("o.total", Decimal, descending=True), Column("o.id", UUID, descending=True)))


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


# -- reads -------------------------------------------------------------------------------------------------------------


async def orders_by_id(ids: Sequence[UUID]) -> dict[UUID, OrderRecord]:
    """The orders with these ids."""
    rows = await DB.fetch(f"SELECT {_COLUMNS} FROM orders o WHERE o.id = ANY($1)", ids)
    return {row["id"]: _order(row) for row in rows}


async def orders_by_number(numbers: Sequence[str]) -> dict[str, OrderRecord]:
    """The orders with these canonical numbers."""
    rows = await DB.fetch(f"SELECT {_COLUMNS} FROM orders o WHERE o.order_number = ANY($1)", numbers)
    return {row["order_number"]: _order(row) for row in rows}


async def items_by_order(order_ids: Sequence[UUID]) -> list[tuple[UUID, ItemRecord]]:
    """The items of these orders in basket order, each with its order's id."""
    rows = await DB.fetch(
        """
        SELECT i.id, i.order_id, i.product_id, i.product_name, i.product_sku, i.quantity, i.unit_price, i.subtotal,
               o.currency
        FROM order_items i JOIN orders o ON o.id = i.order_id
        WHERE i.order_id = ANY($1) ORDER BY i.order_id, i.position, i.id
        """,
        order_ids,
    )
    return [(row["order_id"], _item(row)) for row in rows]


async def items_by_id(ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, ItemRecord]]:
    """The items with these ids, each with the id of its buyer."""
    rows = await DB.fetch(
        """
        SELECT i.id, i.order_id, i.product_id, i.product_name, i.product_sku, i.quantity, i.unit_price, i.subtotal,
               o.currency, o.user_id
        FROM order_items i JOIN orders o ON o.id = i.order_id WHERE i.id = ANY($1)
        """,
        ids,
    )
    return {row["id"]: (row["user_id"], _item(row)) for row in rows}


async def history_by_order(order_ids: Sequence[UUID]) -> list[tuple[UUID, StatusChangeRecord]]:
    """The status changes of these orders, oldest first, each with its order's id."""
    rows = await DB.fetch(
        """
        SELECT order_id, status, notes, actor_id, created_at FROM order_status_history
        WHERE order_id = ANY($1) ORDER BY order_id, created_at, id
        """,
        order_ids,
    )
    return [
        (
            row["order_id"],
            StatusChangeRecord(
                row["order_id"], OrderStatus(row["status"]), row["notes"], row["actor_id"], row["created_at"]
            ),
        )
        for row in rows
    ]


async def orders_page(criteria: OrderFilter, request: PageRequest) -> list[OrderRecord]:
    """At most ``request.limit`` orders that fit, in the request's order."""
    conditions, arguments = _conditions(criteria, [])
    beyond, position = request.where(len(arguments) + 1)
    rows = await DB.fetch(
        f"SELECT {_COLUMNS} FROM orders o WHERE {conditions} AND {beyond} "
        f"ORDER BY {request.order_by} LIMIT {request.limit}",
        *arguments,
        *position,
    )
    return [_order(row) for row in rows]


async def orders_count(criteria: OrderFilter) -> int:
    """How many orders fit."""
    conditions, arguments = _conditions(criteria, [])
    return int(await DB.fetch_value(f"SELECT count(*) FROM orders o WHERE {conditions}", *arguments))


async def orders_by_user(
    user_ids: Sequence[UUID], criteria: OrderFilter, request: PageRequest
) -> list[tuple[UUID, OrderRecord]]:
    """For each user at most ``request.limit`` orders that fit: one index walk per user, one statement in all."""
    conditions, arguments = _conditions(criteria, [user_ids])
    beyond, position = request.where(len(arguments) + 1)
    rows = await DB.fetch(
        f"""
        SELECT {_COLUMNS} FROM unnest($1::uuid[]) AS buyer (id) CROSS JOIN LATERAL (
            SELECT * FROM orders o WHERE o.user_id = buyer.id AND {conditions} AND {beyond}
            ORDER BY {request.order_by} LIMIT {request.limit}
        ) o ORDER BY o.user_id, {request.order_by}
        """,
        *arguments,
        *position,
    )
    return [(row["user_id"], _order(row)) for row in rows]


async def count_by_user(user_ids: Sequence[UUID], criteria: OrderFilter) -> dict[UUID, int]:
    """How many orders of each user fit; users without any are absent."""
    conditions, arguments = _conditions(criteria, [user_ids])
    rows = await DB.fetch(
        f"SELECT o.user_id, count(*) AS orders FROM orders o WHERE o.user_id = ANY($1) AND {conditions} "
        "GROUP BY o.user_id",
        *arguments,
    )
    return {row["user_id"]: row["orders"] for row in rows}


def _conditions(criteria: OrderFilter, arguments: Iterable[object]) -> tuple[str, list[object]]:
    """The WHERE of a filter, its parameters numbered after ``arguments``; answers both together."""
    values = list(arguments)
    found = ["TRUE"]

    def add(condition: str, value: object | None) -> None:
        if value is not None:
            values.append(value)
            found.append(condition.replace("$?", f"${len(values)}"))

    statuses = criteria.statuses
    add("o.status = ANY($?::text[])", None if statuses is None else [status.value for status in statuses])
    add("o.created_at >= $?", criteria.placed_from)
    add("o.created_at < $?", criteria.placed_to)
    add("o.user_id = $?", criteria.user_id)
    add(
        "EXISTS (SELECT 1 FROM order_items i WHERE i.order_id = o.id AND i.product_id = $?)",
        criteria.product_id,
    )
    add("o.total >= $?::numeric", criteria.total_min)
    add("o.total <= $?::numeric", criteria.total_max)
    add(
        "(starts_with(o.order_number, upper($?)) OR lower(o.contact_email) = lower($?) OR o.tracking_number = $?)",
        criteria.search,
    )
    return " AND ".join(found), values


# -- writes ------------------------------------------------------------------------------------------------------------


async def insert_order(order: NewOrder, actor: Actor) -> OrderRecord:
    """Write a pending order with its items and the first line of its history; the caller's transaction."""
    row = await DB.fetch_row(
        f"""
        INSERT INTO orders AS o (
            id, order_number, user_id, subtotal, shipping_cost, tax, total, currency, shipping_address,
            billing_address, payment_method, contact_email, notes, idempotency_key)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        RETURNING {_COLUMNS}
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
    return _order(row)


async def lock_order(order_id: UUID) -> OrderRecord | None:
    """The order, locked until the transaction ends."""
    row = await DB.fetch_row(f"SELECT {_COLUMNS} FROM orders o WHERE o.id = $1 FOR UPDATE", order_id)
    return None if row is None else _order(row)


async def move_order(
    order_id: UUID, to: OrderStatus, actor: Actor, *, notes: str | None = None, reason: str | None = None
) -> OrderRecord:
    """Set the status, raise the version and write history; the caller holds the row lock and has checked the move."""
    row = await DB.fetch_row(
        f"UPDATE orders o SET status = $2, version = o.version + 1 WHERE o.id = $1 RETURNING {_COLUMNS}",
        order_id,
        to.value,
    )
    await _insert_change(order_id, to, actor, notes, reason)
    return _order(row)


async def cancel_order(order_id: UUID, actor: Actor, reason: str) -> OrderRecord:
    """Cancel with its reason, raise the version and write history; the caller holds the row lock."""
    await DB.execute("UPDATE orders SET cancel_reason = $2 WHERE id = $1", order_id, reason)
    return await move_order(order_id, OrderStatus.CANCELLED, actor, reason=reason)


async def set_tracking(order_id: UUID, tracking_number: str) -> OrderRecord:
    """Set the carrier's number and raise the version; the caller holds the row lock."""
    row = await DB.fetch_row(
        f"UPDATE orders o SET tracking_number = $2, version = o.version + 1 WHERE o.id = $1 RETURNING {_COLUMNS}",
        order_id,
        tracking_number,
    )
    return _order(row)


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


# -- rows --------------------------------------------------------------------------------------------------------------


def _order(row: Mapping[str, Any]) -> OrderRecord:
    values = dict(row)
    return OrderRecord(status=OrderStatus(values.pop("status")), **values)


def _item(row: Mapping[str, Any]) -> ItemRecord:
    return ItemRecord(
        id=row["id"],
        order_id=row["order_id"],
        product_id=row["product_id"],
        product_name=row["product_name"],
        product_sku=row["product_sku"],
        quantity=row["quantity"],
        unit_price=row["unit_price"],
        subtotal=row["subtotal"],
        currency=row["currency"],
    )
