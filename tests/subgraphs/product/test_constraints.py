"""The database itself refuses what must not be, whoever writes (S-026 to S-030, S-108, S-109, S-129)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from subgraphs.product.tables import DB
from tests.fixtures.rooms import RoomClient

pytestmark = pytest.mark.usefixtures("room")

_PRODUCT = {
    "name": "Lamp",
    "sku": "JUNK",
    "slug": "junk",
    "price": 1,
    "currency": "USD",
    "stock": 1,
    "reserved": 0,
    "description": None,
    "version": 1,
}


_JUNK: list[tuple[str, Any]] = [
    ("price", -1),
    ("price", None),
    ("stock", -5),
    ("stock", None),
    ("reserved", 2),
    ("reserved", -1),
    ("currency", "usd"),
    ("currency", None),
    ("name", "  "),
    ("slug", "Not A Slug"),
    ("sku", "spaces here"),
    ("sku", ""),
    ("description", "x" * 5001),
    ("version", 0),
]


async def test_products() -> None:
    for column, value in _JUNK:
        row = {**_PRODUCT, column: value}
        places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        with pytest.raises((asyncpg.IntegrityConstraintViolationError, asyncpg.DataError)):
            await DB.execute(f"INSERT INTO products ({', '.join(row)}) VALUES ({places})", *row.values())


async def test_states_that_contradict_themselves(stockroom) -> None:
    product = await stockroom.product()
    review = await stockroom.review(product)
    statements = [
        ("UPDATE products SET deleted_at = now() WHERE id = $1", product),
        ("UPDATE products SET rating_count = 9 WHERE id = $1", product),
        ("UPDATE product_reviews SET rating = 6 WHERE id = $1", review),
        ("UPDATE product_reviews SET status = 'banana' WHERE id = $1", review),
        ("UPDATE product_reviews SET helpful_count = -1 WHERE id = $1", review),
        ("INSERT INTO product_images (product_id, image_url) VALUES ($1, 'javascript:alert(1)')", product),
        ("INSERT INTO product_specifications (product_id, key, value) VALUES ($1, ' ', 'x')", product),
        (
            "INSERT INTO stock_reservations (order_id, product_id, quantity, expires_at, unit_price, currency) "
            "VALUES (gen_random_uuid(), $1, 0, now(), 1, 'USD')",
            product,
        ),
    ]
    for statement, row in statements:
        with pytest.raises(asyncpg.CheckViolationError):
            await DB.execute(statement, row)


async def test_what_must_be_unique(stockroom) -> None:
    product = await stockroom.product(sku="ONE", slug="one", images=2, specs={"Colour": "red"})
    user = uuid4()
    await stockroom.review(product, user)
    with pytest.raises(asyncpg.UniqueViolationError):
        await stockroom.product(sku="ONE")
    with pytest.raises(asyncpg.UniqueViolationError):
        await stockroom.product(slug="one")
    with pytest.raises(asyncpg.UniqueViolationError):
        await stockroom.review(product, user)
    with pytest.raises(asyncpg.UniqueViolationError):
        await DB.execute("UPDATE product_images SET is_primary = true WHERE product_id = $1", product)
    await DB.execute("UPDATE products SET is_active = false, deleted_at = now() WHERE id = $1", product)
    await stockroom.product(sku="ONE", slug="one")  # unique among live products only


async def test_names_are_unique_among_siblings(stockroom) -> None:
    first, second = await stockroom.category("Home"), await stockroom.category("Office")
    insert = "INSERT INTO categories (name, slug, parent_id) VALUES ($1, $2, $3)"
    await DB.execute(insert, "Accessories", "home-accessories", first)
    await DB.execute(insert, "Accessories", "office-accessories", second)
    with pytest.raises(asyncpg.UniqueViolationError):
        await DB.execute(insert, "ACCESSORIES", "other", first)
    with pytest.raises(asyncpg.UniqueViolationError):
        await DB.execute(insert, "home", "home-2", None)


async def test_categories_stay_a_tree(stockroom) -> None:
    root = await stockroom.category()
    child = await stockroom.category(parent=root)
    grandchild = await stockroom.category(parent=child)
    move = "UPDATE categories SET parent_id = $2 WHERE id = $1"
    for parent in (root, child, grandchild):
        with pytest.raises(asyncpg.CheckViolationError):
            await DB.execute(move, root, parent)
    for _ in range(10):
        a, b = await stockroom.category(), await stockroom.category()
        crossed = await asyncio.gather(DB.execute(move, a, b), DB.execute(move, b, a), return_exceptions=True)
        assert [type(result) for result in crossed].count(asyncpg.CheckViolationError) == 1


async def test_updated_at_follows_plain_sql(stockroom) -> None:
    product = await stockroom.product()
    before = await DB.fetch_value("SELECT updated_at FROM products WHERE id = $1", product)
    await DB.execute("UPDATE products SET name = 'New', updated_at = '2001-01-01' WHERE id = $1", product)
    assert await DB.fetch_value("SELECT updated_at FROM products WHERE id = $1", product) > before


async def test_every_table_and_column_is_commented() -> None:
    silent = await DB.fetch(
        """
        SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum >= 0
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT a.attisdropped
            AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL)
        """
    )
    assert silent == []


async def test_every_foreign_key_has_an_index() -> None:
    bare = await DB.fetch(
        """
        SELECT f.conrelid::regclass::text, f.conname FROM pg_constraint f
        WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace AND NOT EXISTS (
            SELECT 1 FROM pg_index i WHERE i.indrelid = f.conrelid AND i.indkey[0] = f.conkey[1] AND i.indpred IS NULL
        )
        """
    )
    assert bare == []


async def test_accents_fold_one_to_one() -> None:
    folded = await DB.fetch_value("SELECT fold_accents('ÀÉÎÕÜ Straße ŁÓDŹ ŒUVRE Ærø ÐÞ')")
    assert folded == "aeiou strasse lodz oeuvre aero dþ"


async def test_hot_lists_read_their_index(room: RoomClient, stockroom) -> None:
    category = await stockroom.category()
    product = await stockroom.product(category=category)
    await stockroom.review(product)
    nobody = f"'{uuid4()}'"
    statements = {
        "idx_products_active": "SELECT id FROM products p WHERE is_active ORDER BY created_at DESC, id DESC LIMIT 20",
        "idx_products_price": "SELECT id FROM products p WHERE is_active ORDER BY price, id LIMIT 20",
        "idx_products_rating": "SELECT id FROM products p WHERE is_active ORDER BY rating_score DESC, id DESC LIMIT 20",
        "idx_products_name": "SELECT id FROM products p WHERE is_active ORDER BY name_key, id LIMIT 20",
        "idx_products_category_rating": f"SELECT id FROM products p WHERE is_active AND category_id = {nobody} "
        "ORDER BY rating_score DESC, id DESC LIMIT 6",
        "idx_product_reviews_product_id": f"SELECT id FROM product_reviews r WHERE product_id = {nobody} "
        "ORDER BY created_at DESC, id DESC LIMIT 10",
        "idx_product_reviews_rating": f"SELECT id FROM product_reviews r WHERE product_id = {nobody} "
        "AND status = 'published' AND deleted_at IS NULL ORDER BY rating, created_at, id LIMIT 10",
    }
    async with DB.transaction():
        await DB.execute("SET LOCAL enable_seqscan = off")
        await DB.execute("SET LOCAL enable_sort = off")
        await DB.execute("SET LOCAL enable_bitmapscan = off")
        for index, statement in statements.items():
            plan = "\n".join(row[0] for row in await DB.fetch(f"EXPLAIN {statement}"))
            assert index in plan, plan
            assert "Sort" not in plan
