"""Figures over orders: who bought what, units sold, a customer's statistics."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from subgraphs.order.domain.records import StatsRecord
from subgraphs.order.tables import DB


async def purchased(user_id: UUID, product_ids: Sequence[UUID]) -> dict[UUID, bool]:
    """Of these products, those that the user has in an order that was not cancelled."""
    rows = await DB.fetch(
        """
        SELECT DISTINCT i.product_id FROM orders o JOIN order_items i ON i.order_id = o.id
        WHERE o.user_id = $1 AND o.status <> 'cancelled' AND i.product_id = ANY($2)
        """,
        user_id,
        product_ids,
    )
    return {row["product_id"]: True for row in rows}


async def units_sold(product_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Units of each product in orders that were paid for: neither pending nor cancelled."""
    rows = await DB.fetch(
        """
        SELECT i.product_id, sum(i.quantity)::bigint AS units
        FROM order_items i JOIN orders o ON o.id = i.order_id
        WHERE i.product_id = ANY($1) AND o.status NOT IN ('pending', 'cancelled')
        GROUP BY i.product_id
        """,
        product_ids,
    )
    return {row["product_id"]: row["units"] for row in rows}


async def stats_by_user(user_ids: Sequence[UUID]) -> dict[UUID, StatsRecord]:
    """Statistics of each user who has ordered; currencies in alphabetical order."""
    rows = await DB.fetch(
        """
        SELECT user_id, currency, count(*) AS orders, max(created_at) AS last_order_at,
               coalesce(sum(total) FILTER (WHERE status NOT IN ('pending', 'cancelled')), 0) AS value
        FROM orders WHERE user_id = ANY($1) GROUP BY user_id, currency ORDER BY user_id, currency
        """,
        user_ids,
    )
    stats: dict[UUID, StatsRecord] = {}
    for row in rows:
        value = ((row["value"], row["currency"]),) if row["value"] != Decimal(0) else ()
        known = stats.get(row["user_id"])
        stats[row["user_id"]] = StatsRecord(
            count=row["orders"] + (known.count if known else 0),
            lifetime_value=(*(known.lifetime_value if known else ()), *value),
            last_order_at=max(row["last_order_at"], known.last_order_at)
            if known and known.last_order_at
            else row["last_order_at"],
        )
    return stats
