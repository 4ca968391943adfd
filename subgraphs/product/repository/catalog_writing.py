"""Writing products: any number of them in the same few statements (S-122). Only inside transactions.

Locks in this order: the catalog, products by id, categories. ``version`` counts edits of the catalog entry only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from subgraphs.product.domain.catalog import Image, Product
from subgraphs.product.domain.editing import Entry, Surroundings
from subgraphs.product.repository.products import COLUMNS
from subgraphs.product.tables import DB

_LOCKED = f"SELECT {COLUMNS}, p.deleted_at IS NOT NULL AS archived FROM products p"
_ENTRIES = """
    unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::numeric[],
        $9::text[], $10::boolean[])
    AS e (id, sku, slug, name, description, long_description, category_id, price, currency, is_active)
"""


async def lock_catalog() -> None:
    """One writer of slugs and SKUs at a time: what was found free stays free until the transaction ends."""
    await DB.execute("SELECT pg_advisory_xact_lock(hashtext('products.slug'))")


async def locked(product_id: UUID) -> tuple[Product, bool] | None:
    """The product and whether it is archived, its row locked."""
    row = await DB.fetch_row(f"{_LOCKED} WHERE p.id = $1 FOR NO KEY UPDATE", product_id)
    return None if row is None else (Product(*row[:-1]), row[-1])


async def locked_by_sku(skus: Sequence[str]) -> dict[str, Product]:
    """The live products with these SKUs, their rows locked in the order of ids."""
    rows = await DB.fetch(
        f"""
        SELECT {COLUMNS} FROM products p WHERE p.sku = ANY($1::text[]) AND p.deleted_at IS NULL
        ORDER BY p.id FOR NO KEY UPDATE
        """,
        skus,
    )
    return {row["sku"]: Product(*row) for row in rows}


async def surroundings(categories: Sequence[UUID], slugs: Sequence[str], skus: Sequence[str]) -> Surroundings:
    """Which of these categories are live, and which live products have these slugs and SKUs."""
    known = await DB.fetch(
        "SELECT c.id FROM categories c WHERE c.id = ANY($1::uuid[]) AND c.deleted_at IS NULL ORDER BY c.id FOR SHARE",
        categories,
    )
    rows = await DB.fetch(
        """
        SELECT p.id, p.slug, NULL AS sku FROM products p WHERE p.slug = ANY($1::text[]) AND p.deleted_at IS NULL
        UNION ALL
        SELECT p.id, NULL, p.sku FROM products p WHERE p.sku = ANY($2::text[]) AND p.deleted_at IS NULL
        """,
        slugs,
        skus,
    )
    return Surroundings(
        categories=frozenset(row["id"] for row in known),
        slugs={row["slug"]: row["id"] for row in rows if row["slug"] is not None},
        skus={row["sku"]: row["id"] for row in rows if row["sku"] is not None},
    )


async def insert(entries: Sequence[Entry]) -> dict[UUID, Product]:
    """New products, without stock."""
    rows = await DB.fetch(
        f"""
        INSERT INTO products AS p
            (id, sku, slug, name, description, long_description, category_id, price, currency, is_active)
        SELECT e.id, e.sku, e.slug, e.name, e.description, e.long_description, e.category_id, e.price, e.currency,
            e.is_active
        FROM {_ENTRIES} RETURNING {COLUMNS}
        """,
        *_columns(entries),
    )
    return {row["id"]: Product(*row) for row in rows}


async def update(entries: Sequence[Entry]) -> dict[UUID, Product]:
    """New texts, prices and places of locked products; stock and ratings stay."""
    rows = await DB.fetch(
        f"""
        UPDATE products p SET sku = e.sku, slug = e.slug, name = e.name, description = e.description,
            long_description = e.long_description, category_id = e.category_id, price = e.price,
            currency = e.currency, is_active = e.is_active, version = p.version + 1
        FROM {_ENTRIES}
        WHERE p.id = e.id RETURNING {COLUMNS}
        """,
        *_columns(entries),
    )
    return {row["id"]: Product(*row) for row in rows}


def _columns(entries: Sequence[Entry]) -> list[list[object]]:
    return [
        [entry.id for entry in entries],
        [entry.sku for entry in entries],
        [entry.slug for entry in entries],
        [entry.name for entry in entries],
        [entry.description for entry in entries],
        [entry.long_description for entry in entries],
        [entry.category_id for entry in entries],
        [entry.price for entry in entries],
        [entry.currency for entry in entries],
        [entry.is_active for entry in entries],
    ]


async def replace_images(images: Mapping[UUID, Iterable[Image]]) -> None:
    """These are all the pictures of these products from now on."""
    await DB.execute("DELETE FROM product_images i WHERE i.product_id = ANY($1::uuid[])", list(images))
    rows = [(product, image) for product, each in images.items() for image in each]
    await DB.execute(
        """
        INSERT INTO product_images (product_id, image_url, alt_text, is_primary, sort_order)
        SELECT i.product_id, i.image_url, i.alt_text, i.is_primary, i.sort_order
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[], $5::int[])
            AS i (product_id, image_url, alt_text, is_primary, sort_order)
        """,
        [product for product, _ in rows],
        [image.url for _, image in rows],
        [image.alt_text for _, image in rows],
        [image.is_primary for _, image in rows],
        [image.sort_order for _, image in rows],
    )


async def replace_specifications(specifications: Mapping[UUID, Iterable[tuple[str, str]]]) -> None:
    """These are all the facts about these products from now on."""
    await DB.execute("DELETE FROM product_specifications s WHERE s.product_id = ANY($1::uuid[])", list(specifications))
    rows = [(product, *fact) for product, facts in specifications.items() for fact in facts]
    await DB.execute(
        """
        INSERT INTO product_specifications (product_id, key, value)
        SELECT s.product_id, s.key, s.value
        FROM unnest($1::uuid[], $2::text[], $3::text[]) AS s (product_id, key, value)
        """,
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
    )


async def set_archived(product_id: UUID, *, archived: bool) -> Product:
    """Soft delete (D07), or its reversal; the database allows no deleted product that is on sale."""
    row = await DB.fetch_row(
        f"""
        UPDATE products p SET deleted_at = CASE WHEN $2 THEN now() END, is_active = NOT $2, version = p.version + 1
        WHERE p.id = $1 RETURNING {COLUMNS}
        """,
        product_id,
        archived,
    )
    return Product(*row)


async def set_stock(product_id: UUID, stock: int) -> Product:
    """Units on hand of a locked product."""
    row = await DB.fetch_row(f"UPDATE products p SET stock = $2 WHERE p.id = $1 RETURNING {COLUMNS}", product_id, stock)
    return Product(*row)


async def log_adjustment(product_id: UUID, actor: UUID, before: int, after: int, reason: str) -> None:
    """Who changed the stock by how much, and why: the reason, which the row's own audit entry cannot know (D08)."""
    await DB.execute(
        """
        INSERT INTO audit_log (table_name, row_id, action, actor_id, request_id, old_row, new_row)
        VALUES ('products', $1, 'stock_adjusted', $2, nullif(current_setting('app.request_id', true), ''), $3, $4)
        """,
        product_id,
        actor,
        {"stock": before},
        {"stock": after, "reason": reason},
    )
