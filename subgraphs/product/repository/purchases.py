"""The projection of deliveries: what makes a purchase verified, and what its buyer could still review."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from subgraphs.product.domain.catalog import Product
from subgraphs.product.repository.products import COLUMNS as PRODUCT_COLUMNS
from subgraphs.product.tables import DB


async def lock_buyer(user_id: UUID) -> None:
    """One writer at a time per buyer: a review and a delivery at the same moment must see each other."""
    await DB.execute("SELECT pg_advisory_xact_lock(hashtextextended('purchases:' || $1::text, 0))", str(user_id))


async def insert(user_id: UUID, order_id: UUID, product_ids: Sequence[UUID], delivered_at: dt.datetime) -> None:
    """What was delivered; products that this catalog does not know (any more) are left out."""
    await DB.execute(
        """
        INSERT INTO purchases (user_id, product_id, order_id, delivered_at)
        SELECT $1, p.id, $2, $4 FROM products p WHERE p.id = ANY($3::uuid[]) ORDER BY p.id
        ON CONFLICT DO NOTHING
        """,
        user_id,
        order_id,
        product_ids,
        delivered_at,
    )


async def verify_reviews(user_id: UUID, product_ids: Sequence[UUID]) -> None:
    """Mark the reviews that were written before their product arrived."""
    await DB.execute(
        """
        UPDATE product_reviews SET verified_purchase = true
        WHERE user_id = $1 AND product_id = ANY($2::uuid[]) AND NOT verified_purchase AND deleted_at IS NULL
        """,
        user_id,
        product_ids,
    )


async def delete_all(user_id: UUID) -> None:
    """Forget what a buyer was delivered."""
    await DB.execute("DELETE FROM purchases WHERE user_id = $1", user_id)


async def to_review(limit: int, user_ids: Sequence[UUID]) -> list[tuple[UUID, Product]]:
    """Active products that each user has received and not reviewed, the latest delivery first."""
    rows = await DB.fetch(
        f"""
        SELECT k.key, {PRODUCT_COLUMNS} FROM unnest($1::uuid[]) AS k (key) CROSS JOIN LATERAL (
            SELECT {PRODUCT_COLUMNS}, b.delivered_at
            FROM purchases b JOIN products p ON p.id = b.product_id AND p.is_active
            WHERE b.user_id = k.key AND NOT EXISTS (
                SELECT 1 FROM product_reviews r
                WHERE r.product_id = b.product_id AND r.user_id = b.user_id AND r.deleted_at IS NULL
            ) ORDER BY b.delivered_at DESC, b.product_id LIMIT $2
        ) AS p ORDER BY k.key, p.delivered_at DESC, p.id
        """,
        user_ids,
        limit,
    )
    return [(row[0], Product(*row[1:])) for row in rows]
