"""The product room on a fresh database, and a stockroom that fills it."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.product.app import create_app
from subgraphs.product.tables import DB
from tests.fixtures.rooms import RoomClient, StartRoom

EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Stockroom:
    """Puts rows into the product database; every value has a default that keeps the others unique."""

    def __init__(self) -> None:
        self._numbers = count(1)

    async def category(self, name: str | None = None, parent: UUID | None = None) -> UUID:
        number = next(self._numbers)
        row: UUID = await DB.fetch_value(
            "INSERT INTO categories (name, slug, parent_id) VALUES ($1, $2, $3) RETURNING id",
            name or f"Category {number}",
            (name or f"category {number}").lower().replace(" ", "-"),
            parent,
        )
        return row

    async def product(self, name: str = "Lamp", **values: Any) -> UUID:
        number = next(self._numbers)
        row: UUID = await DB.fetch_value(
            """
            INSERT INTO products
                (name, description, category_id, sku, slug, price, currency, stock, is_active, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id
            """,
            name,
            values.get("description"),
            values.get("category"),
            values.get("sku", f"SKU-{number}"),
            values.get("slug", f"product-{number}"),
            Decimal(values.get("price", "9.90")),
            values.get("currency", "USD"),
            values.get("stock", 10),
            values.get("active", True),
            values.get("created_at", EPOCH + dt.timedelta(minutes=number)),
        )
        for place in range(values.get("images", 0)):
            await DB.execute(
                "INSERT INTO product_images (product_id, image_url, sort_order, is_primary) VALUES ($1, $2, $3, $4)",
                row,
                f"https://images.example.com/{number}-{place}.webp",
                place,
                place == 1,
            )
        for key, value in values.get("specs", {}).items():
            await DB.execute(
                "INSERT INTO product_specifications (product_id, key, value) VALUES ($1, $2, $3)", row, key, value
            )
        return row

    async def review(self, product: UUID, user: UUID | None = None, **values: Any) -> UUID:
        row: UUID = await DB.fetch_value(
            """
            INSERT INTO product_reviews (product_id, user_id, rating, title, status, created_at)
            VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
            """,
            product,
            user or uuid4(),
            values.get("rating", 4),
            values.get("title"),
            values.get("status", "published"),
            values.get("created_at", EPOCH + dt.timedelta(minutes=next(self._numbers))),
        )
        return row

    async def purchase(self, product: UUID, user: UUID) -> None:
        await DB.execute(
            "INSERT INTO purchases (user_id, product_id, order_id, delivered_at) VALUES ($1, $2, $3, $4)",
            user,
            product,
            uuid4(),
            EPOCH + dt.timedelta(minutes=next(self._numbers)),
        )


@pytest.fixture
async def room(start_room: StartRoom) -> AsyncIterator[RoomClient]:
    """The started room, without background work."""
    async with start_room("product", create_app) as client:
        yield client


@pytest.fixture
def stockroom(room: RoomClient) -> Stockroom:
    """What fills the started room's database."""
    return Stockroom()
