"""The category tree, and pages of products per category with everything below it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from subgraphs.kernel.pagination import Page, PageRequest
from subgraphs.product.domain.catalog import Category, Product, ProductSort
from subgraphs.product.repository.conditions import Conditions
from subgraphs.product.repository.listings import SORTS
from subgraphs.product.repository.products import COLUMNS as PRODUCT_COLUMNS
from subgraphs.product.tables import DB

COLUMNS = "c.id, c.slug, c.name, c.description, c.parent_id"
_BY_NAME = "lower(c.name), c.id"
MAX_CATEGORIES = 1000
MAX_DEPTH = 64
_BELOW = """
    WITH RECURSIVE below (root, id) AS (
        SELECT c.id, c.id FROM categories c WHERE c.id = ANY($1::uuid[]) AND c.deleted_at IS NULL
        UNION ALL
        SELECT b.root, c.id FROM categories c JOIN below b ON c.parent_id = b.id WHERE c.deleted_at IS NULL
    )
"""


async def all_categories(*, roots_only: bool) -> list[Category]:
    """Live categories by name, a thousand at most."""
    rows = await DB.fetch(
        f"""
        SELECT {COLUMNS} FROM categories c
        WHERE c.deleted_at IS NULL AND (c.parent_id IS NULL OR NOT $1) ORDER BY {_BY_NAME} LIMIT $2
        """,
        roots_only,
        MAX_CATEGORIES,
    )
    return [Category(*row) for row in rows]


async def by_id(ids: Sequence[UUID]) -> Mapping[UUID, Category]:
    rows = await DB.fetch(
        f"SELECT {COLUMNS} FROM categories c WHERE c.id = ANY($1::uuid[]) AND c.deleted_at IS NULL", ids
    )
    return {row["id"]: Category(*row) for row in rows}


async def by_slug(slugs: Sequence[str]) -> Mapping[str, Category]:
    rows = await DB.fetch(
        f"SELECT {COLUMNS} FROM categories c WHERE c.slug = ANY($1::text[]) AND c.deleted_at IS NULL", slugs
    )
    return {row["slug"]: Category(*row) for row in rows}


async def children(ids: Sequence[UUID]) -> list[tuple[UUID, Category]]:
    """Live categories directly below each, by name, a thousand at most."""
    rows = await DB.fetch(
        f"""
        SELECT {COLUMNS} FROM unnest($1::uuid[]) AS k (key) CROSS JOIN LATERAL (
            SELECT {COLUMNS} FROM categories c
            WHERE c.parent_id = k.key AND c.deleted_at IS NULL ORDER BY {_BY_NAME} LIMIT $2
        ) AS c ORDER BY {_BY_NAME}
        """,
        ids,
        MAX_CATEGORIES,
    )
    return [(row["parent_id"], Category(*row)) for row in rows]


async def ancestors(ids: Sequence[UUID]) -> list[tuple[UUID, Category]]:
    """The way from the root down to each category, itself left out; of a deeper tree the nearest steps."""
    rows = await DB.fetch(
        f"""
        WITH RECURSIVE above (start, id, parent_id, steps) AS (
            SELECT c.id, c.id, c.parent_id, 0 FROM categories c WHERE c.id = ANY($1::uuid[])
            UNION ALL
            SELECT a.start, c.id, c.parent_id, a.steps + 1
            FROM categories c JOIN above a ON c.id = a.parent_id WHERE c.deleted_at IS NULL AND a.steps < $2
        )
        SELECT a.start, {COLUMNS} FROM above a JOIN categories c ON c.id = a.id
        WHERE a.steps > 0 ORDER BY a.start, a.steps DESC
        """,
        ids,
        MAX_DEPTH,
    )
    return [(row[0], Category(*row[1:])) for row in rows]


async def product_counts(ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Active products in each category and below."""
    rows = await DB.fetch(
        f"""
        {_BELOW}
        SELECT b.root, count(*) AS products FROM below b
        JOIN products p ON p.category_id = b.id AND p.is_active GROUP BY b.root
        """,
        ids,
    )
    return {row[0]: row[1] for row in rows}


async def product_pages(sort: ProductSort, request: PageRequest, ids: Sequence[UUID]) -> Mapping[UUID, Page[Product]]:
    """One page of active products per category: the best of each category below, then the best of those."""
    conditions = Conditions(ids)
    conditions.add("p.is_active")
    conditions.add_page(request)
    rows = await DB.fetch(
        f"""
        {_BELOW}
        SELECT k.key, {PRODUCT_COLUMNS} FROM unnest($1::uuid[]) AS k (key) CROSS JOIN LATERAL (
            SELECT {PRODUCT_COLUMNS} FROM below b CROSS JOIN LATERAL (
                SELECT {PRODUCT_COLUMNS} FROM products p
                WHERE p.category_id = b.id AND {conditions.sql}
                ORDER BY {request.order_by} LIMIT {request.limit}
            ) AS p WHERE b.root = k.key ORDER BY {request.order_by} LIMIT {request.limit}
        ) AS p ORDER BY k.key, {request.order_by}
        """,
        *conditions.arguments,
    )
    found: defaultdict[UUID, list[Product]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(Product(*row[1:]))
    return {key: request.page(found[key], SORTS[sort].key) for key in ids}
