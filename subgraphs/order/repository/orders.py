"""Orders with their items and history, read in batches and in pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from subgraphs.kernel.pagination import Column, Keyset, PageRequest
from subgraphs.order.domain.records import ItemRecord, OrderFilter, OrderRecord, StatusChangeRecord
from subgraphs.order.domain.status import OrderStatus
from subgraphs.order.tables import DB

ORDER_COLUMNS = (
    "o.id, o.order_number, o.user_id, o.status, o.subtotal, o.shipping_cost, o.tax, o.discount, o.total, o.currency, "
    "o.shipping_address, o.billing_address, o.payment_method, o.tracking_number, o.notes, o.contact_email, "
    "o.cancel_reason, o.version, o.created_at, o.updated_at"
)

NEWEST = Keyset("NEWEST", (Column("o.created_at", datetime, descending=True), Column("o.id", UUID, descending=True)))
OLDEST = Keyset("OLDEST", (Column("o.created_at", datetime), Column("o.id", UUID)))
DEAREST = Keyset("DEAREST", (Column("o.total", Decimal, descending=True), Column("o.id", UUID, descending=True)))


# -- reads -------------------------------------------------------------------------------------------------------------


async def orders_by_id(ids: Sequence[UUID]) -> dict[UUID, OrderRecord]:
    """The orders with these ids."""
    rows = await DB.fetch(f"SELECT {ORDER_COLUMNS} FROM orders o WHERE o.id = ANY($1)", ids)
    return {row["id"]: order_record(row) for row in rows}


async def orders_by_number(numbers: Sequence[str]) -> dict[str, OrderRecord]:
    """The orders with these canonical numbers."""
    rows = await DB.fetch(f"SELECT {ORDER_COLUMNS} FROM orders o WHERE o.order_number = ANY($1)", numbers)
    return {row["order_number"]: order_record(row) for row in rows}


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
    """The status changes of these orders, oldest first, each with its order's id.

    No change is older than its order: that spares the partitions of earlier months.
    """
    rows = await DB.fetch(
        """
        SELECT h.order_id, h.status, h.notes, h.actor_id, h.created_at
        FROM orders o JOIN order_status_history h ON h.order_id = o.id AND h.created_at >= o.created_at
        WHERE o.id = ANY($1) ORDER BY h.order_id, h.created_at, h.id
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
        f"SELECT {ORDER_COLUMNS} FROM orders o WHERE {conditions} AND {beyond} "
        f"ORDER BY {request.order_by} LIMIT {request.limit}",
        *arguments,
        *position,
    )
    return [order_record(row) for row in rows]


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
        SELECT {ORDER_COLUMNS} FROM unnest($1::uuid[]) AS buyer (id) CROSS JOIN LATERAL (
            SELECT {ORDER_COLUMNS} FROM orders o WHERE o.user_id = buyer.id AND {conditions} AND {beyond}
            ORDER BY {request.order_by} LIMIT {request.limit}
        ) o ORDER BY o.user_id, {request.order_by}
        """,
        *arguments,
        *position,
    )
    return [(row["user_id"], order_record(row)) for row in rows]


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


# -- rows --------------------------------------------------------------------------------------------------------------


def order_record(row: Mapping[str, Any]) -> OrderRecord:
    """The record of a row of ``ORDER_COLUMNS``."""
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
