"""Stock held for orders (D40). Only inside transactions, in this order of locks: the order, then products by id.

Rows of ``stock_reservations`` change only while their product row is locked, so whoever holds the product rows sees
and changes ``reserved`` and its lines together. FOR NO KEY UPDATE excludes every other writer of stock, and lets
reviews refer to the product meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from subgraphs.product.domain.stock import Line, Stocked
from subgraphs.product.tables import DB

_STOCKED = "p.id, p.sku, p.name, p.price, p.currency, p.stock, p.reserved, p.is_active"


async def lock_order(order_id: UUID) -> None:
    """One operation at a time per order."""
    await DB.execute("SELECT pg_advisory_xact_lock(hashtextextended('reservation:' || $1::text, 0))", str(order_id))


async def lines_of(order_id: UUID) -> list[Line]:
    """The order's lines by product."""
    rows = await DB.fetch(
        """
        SELECT s.product_id, p.sku, p.name, s.unit_price, s.currency, s.quantity, s.status, s.expires_at,
            s.status = 'held' AND s.expires_at <= clock_timestamp() AS overdue
        FROM stock_reservations s JOIN products p ON p.id = s.product_id
        WHERE s.order_id = $1 ORDER BY s.product_id
        """,
        order_id,
    )
    return [Line(*row) for row in rows]


async def lock_products(ids: Sequence[UUID]) -> dict[UUID, Stocked]:
    """The products, their rows locked in the order of ids: crossed baskets wait for each other, never deadlock."""
    rows = await DB.fetch(
        f"SELECT {_STOCKED} FROM products p WHERE p.id = ANY($1::uuid[]) ORDER BY p.id FOR NO KEY UPDATE", ids
    )
    return {row["id"]: Stocked(*row) for row in rows}


async def lock_products_of(order_id: UUID) -> dict[UUID, Stocked]:
    """The products of an order's lines, locked likewise."""
    rows = await DB.fetch(
        f"""
        SELECT {_STOCKED} FROM products p
        WHERE p.id IN (SELECT s.product_id FROM stock_reservations s WHERE s.order_id = $1)
        ORDER BY p.id FOR NO KEY UPDATE
        """,
        order_id,
    )
    return {row["id"]: Stocked(*row) for row in rows}


async def expire_overdue(product_ids: Sequence[UUID]) -> int:
    """Give back what overdue holds keep of these locked products; answers how many lines ran out."""
    expired: int = await DB.fetch_value(
        """
        WITH expired AS (
            UPDATE stock_reservations SET status = 'expired'
            WHERE product_id = ANY($1::uuid[]) AND status = 'held' AND expires_at <= clock_timestamp()
            RETURNING product_id, quantity
        ), given_back AS (
            UPDATE products p SET reserved = p.reserved - back.quantity
            FROM (SELECT product_id, sum(quantity) AS quantity FROM expired GROUP BY product_id) AS back
            WHERE p.id = back.product_id
        )
        SELECT count(*) FROM expired
        """,
        product_ids,
    )
    return expired


async def overdue_products(limit: int) -> list[UUID]:
    """Products that overdue holds keep units of."""
    rows = await DB.fetch(
        """
        SELECT DISTINCT o.product_id FROM (
            SELECT s.product_id FROM stock_reservations s
            WHERE s.status = 'held' AND s.expires_at <= clock_timestamp() ORDER BY s.expires_at LIMIT $1
        ) AS o
        """,
        limit,
    )
    return [row[0] for row in rows]


async def hold(order_id: UUID, quantities: Mapping[UUID, int], ttl_seconds: int) -> dt.datetime:
    """Hold units of locked products, at today's prices; an expired hold of the same lines is taken again.

    Answers the deadline, which is one for all lines.
    """
    deadline: dt.datetime = await DB.fetch_value(
        """
        WITH held AS (
            UPDATE products p SET reserved = p.reserved + w.quantity
            FROM unnest($2::uuid[], $3::int[]) AS w (product_id, quantity) WHERE p.id = w.product_id
            RETURNING p.id, p.price, p.currency, w.quantity
        )
        INSERT INTO stock_reservations AS s (order_id, product_id, quantity, expires_at, unit_price, currency)
        SELECT $1, h.id, h.quantity, statement_timestamp() + make_interval(secs => $4), h.price, h.currency FROM held h
        ON CONFLICT (order_id, product_id) DO UPDATE
        SET status = 'held', expires_at = excluded.expires_at, unit_price = excluded.unit_price,
            currency = excluded.currency
        RETURNING s.expires_at
        """,
        order_id,
        list(quantities),
        list(quantities.values()),
        ttl_seconds,
    )
    return deadline


async def commit(order_id: UUID) -> None:
    """Held units leave the stock."""
    await DB.execute(
        """
        WITH sold AS (
            UPDATE stock_reservations SET status = 'committed' WHERE order_id = $1 AND status = 'held'
            RETURNING product_id, quantity
        )
        UPDATE products p SET stock = p.stock - s.quantity, reserved = p.reserved - s.quantity
        FROM sold s WHERE p.id = s.product_id
        """,
        order_id,
    )


async def end(order_id: UUID, status: str, reason: str | None = None) -> None:
    """Held units are free again, committed ones return to the stock; every line gets the final ``status``."""
    await DB.execute(
        """
        WITH before AS (
            SELECT product_id, quantity, status FROM stock_reservations WHERE order_id = $1
        ), ended AS (
            UPDATE stock_reservations SET status = $2, release_reason = $3 WHERE order_id = $1
        )
        UPDATE products p
        SET reserved = p.reserved - CASE b.status WHEN 'held' THEN b.quantity ELSE 0 END,
            stock = p.stock + CASE b.status WHEN 'committed' THEN b.quantity ELSE 0 END
        FROM before b WHERE p.id = b.product_id AND b.status IN ('held', 'committed')
        """,
        order_id,
        status,
        reason,
    )
