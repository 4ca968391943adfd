"""Products by their keys, and what hangs on them; one statement for any number of products."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from subgraphs.product.domain.catalog import Image, Product
from subgraphs.product.tables import DB

COLUMNS = """
    p.id, p.sku, p.slug, p.name, p.description, p.long_description, p.category_id, p.price, p.currency, p.stock,
    p.reserved, p.rating_sum, p.rating_count, p.rating_score, p.is_active, p.created_at, p.updated_at, p.version,
    p.name_key
"""


async def by_id(ids: Sequence[UUID]) -> Mapping[UUID, Product]:
    """Products in any state: references to hidden ones must stay readable."""
    rows = await DB.fetch(f"SELECT {COLUMNS} FROM products p WHERE p.id = ANY($1::uuid[])", ids)
    return {row["id"]: Product(*row) for row in rows}


async def by_sku(skus: Sequence[str]) -> Mapping[str, Product]:
    """Products in any state; of several with one SKU the live one. Live and deleted ones have an index each."""
    rows = await DB.fetch(
        f"""
        SELECT DISTINCT ON (p.sku) {COLUMNS} FROM products p
        WHERE p.sku = ANY($1::text[]) AND p.deleted_at IS NULL OR p.sku = ANY($1::text[]) AND p.deleted_at IS NOT NULL
        ORDER BY p.sku, p.deleted_at DESC NULLS FIRST
        """,
        skus,
    )
    return {row["sku"]: Product(*row) for row in rows}


async def by_slug(slugs: Sequence[str]) -> Mapping[str, Product]:
    """Products in any state; of several with one slug the live one. Live and deleted ones have an index each."""
    rows = await DB.fetch(
        f"""
        SELECT DISTINCT ON (p.slug) {COLUMNS} FROM products p
        WHERE p.slug = ANY($1::text[]) AND p.deleted_at IS NULL OR p.slug = ANY($1::text[]) AND p.deleted_at IS NOT NULL
        ORDER BY p.slug, p.deleted_at DESC NULLS FIRST
        """,
        slugs,
    )
    return {row["slug"]: Product(*row) for row in rows}


async def images(limit: int, ids: Sequence[UUID]) -> list[tuple[UUID, Image]]:
    """The first ``limit`` images of each product, in their order."""
    rows = await DB.fetch(
        """
        SELECT k.key, i.image_url, i.alt_text, i.is_primary, i.sort_order
        FROM unnest($1::uuid[]) AS k (key) CROSS JOIN LATERAL (
            SELECT i.image_url, i.alt_text, i.is_primary, i.sort_order, i.id FROM product_images i
            WHERE i.product_id = k.key ORDER BY i.sort_order, i.id LIMIT $2
        ) AS i ORDER BY k.key, i.sort_order, i.id
        """,
        ids,
        limit,
    )
    return [(row[0], Image(row[1], row[2], row[3], row[4])) for row in rows]


async def primary_images(ids: Sequence[UUID]) -> Mapping[UUID, Image]:
    """The image that stands for each product: the primary one, else the first."""
    rows = await DB.fetch(
        """
        SELECT DISTINCT ON (i.product_id) i.product_id, i.image_url, i.alt_text, i.is_primary, i.sort_order
        FROM product_images i WHERE i.product_id = ANY($1::uuid[])
        ORDER BY i.product_id, i.is_primary DESC, i.sort_order, i.id
        """,
        ids,
    )
    return {row[0]: Image(row[1], row[2], row[3], row[4]) for row in rows}


async def specifications(ids: Sequence[UUID]) -> list[tuple[UUID, tuple[str, str]]]:
    """Key and value, by key."""
    rows = await DB.fetch(
        """
        SELECT s.product_id, s.key, s.value FROM product_specifications s
        WHERE s.product_id = ANY($1::uuid[]) ORDER BY s.product_id, s.key
        """,
        ids,
    )
    return [(row[0], (row[1], row[2])) for row in rows]


async def histograms(ids: Sequence[UUID]) -> Mapping[UUID, dict[int, int]]:
    """Visible reviews per number of stars; absent numbers have none."""
    rows = await DB.fetch(
        """
        SELECT r.product_id, r.rating, count(*) AS reviews FROM product_reviews r
        WHERE r.product_id = ANY($1::uuid[]) AND r.status = 'published' AND r.deleted_at IS NULL
        GROUP BY r.product_id, r.rating
        """,
        ids,
    )
    found: defaultdict[UUID, dict[int, int]] = defaultdict(dict)
    for product_id, rating, reviews in rows:
        found[product_id][rating] = reviews
    return found


async def related(limit: int, ids: Sequence[UUID]) -> list[tuple[UUID, Product]]:
    """The best rated other active products of each product's category."""
    rows = await DB.fetch(
        f"""
        SELECT self.id AS key, {COLUMNS}
        FROM products self CROSS JOIN LATERAL (
            SELECT {COLUMNS} FROM products p
            WHERE p.category_id = self.category_id AND p.is_active AND p.id <> self.id
            ORDER BY p.rating_score DESC, p.id DESC LIMIT $2
        ) AS p WHERE self.id = ANY($1::uuid[])
        ORDER BY self.id, p.rating_score DESC, p.id DESC
        """,
        ids,
        limit,
    )
    return [(row[0], Product(*row[1:])) for row in rows]
