"""The order room started with its real siblings in the same process, and orders to look at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from subgraphs.order.app import create_app as create_order
from subgraphs.order.domain.cart import set_line
from subgraphs.order.repository import carts
from subgraphs.order.tables import DB as ORDER_DB
from subgraphs.payment.app import create_app as create_payment
from subgraphs.product.app import create_app as create_product
from subgraphs.product.tables import DB as PRODUCT_DB
from subgraphs.user.app import create_app as create_user
from tests.fixtures.rooms import RoomClient, StartRoom


@pytest.fixture
async def order_room(start_room: StartRoom) -> AsyncIterator[RoomClient]:
    """The order room alone."""
    async with start_room("order", create_order) as client:
        yield client


async def add_product(price: str = "20.00", stock: int = 10, currency: str = "USD", *, on_sale: bool = True) -> UUID:
    """A product in the catalog of the product room that is running."""
    key = uuid4()
    await PRODUCT_DB.execute(
        """
        INSERT INTO products (id, name, sku, slug, price, currency, stock, is_active)
        VALUES ($1, 'Blue lamp', $2, $3, $4, $5, $6, $7)
        """,
        key,
        f"SKU-{key.hex[:12]}",
        f"lamp-{key.hex[:12]}",
        Decimal(price),
        currency,
        stock,
        on_sale,
    )
    return key


async def put_in_cart(user: UUID, product: UUID, quantity: int) -> None:
    """A line that is simply there, whatever the catalog says."""
    async with ORDER_DB.transaction():
        cart = await carts.lock_or_create_cart(user)
        await carts.save_lines(cart.id, set_line(cart.lines, product, quantity, datetime.now(UTC)))


@dataclass(frozen=True, slots=True)
class Counter:
    """The two rooms of a cart."""

    order: RoomClient
    product: RoomClient


@pytest.fixture
async def counter(start_room: StartRoom) -> AsyncIterator[Counter]:
    """Order and product, each on its own database."""
    async with (
        start_room("product", create_product) as product,
        start_room("order", create_order, peers={"product": product.app}) as order,
    ):
        yield Counter(order, product)


@dataclass(frozen=True, slots=True)
class Shop:
    """The four rooms of a checkout."""

    order: RoomClient
    product: RoomClient
    payment: RoomClient
    user: RoomClient

    async def stock(self, product: UUID) -> tuple[int, int]:
        row = await PRODUCT_DB.fetch_row("SELECT stock, reserved FROM products WHERE id = $1", product)
        return row["stock"], row["reserved"]


@pytest.fixture
async def shop(start_room: StartRoom) -> AsyncIterator[Shop]:
    """Order, product, payment and user, each on its own database, calling each other as they do in the stack."""
    async with AsyncExitStack() as stack:
        product = await stack.enter_async_context(start_room("product", create_product))
        payment = await stack.enter_async_context(start_room("payment", create_payment))
        user = await stack.enter_async_context(start_room("user", create_user))
        peers = {"product": product.app, "payment": payment.app, "user": user.app}
        order = await stack.enter_async_context(start_room("order", create_order, peers=peers))
        yield Shop(order, product, payment, user)


InsertOrders = Callable[..., Awaitable[list[UUID]]]


@pytest.fixture
def insert_orders() -> InsertOrders:
    """``await insert_orders(buyer, count, status=..., items=...)``: orders without a checkout behind them."""
    return _insert_orders


async def _insert_orders(buyer: UUID, count: int = 1, *, status: str = "confirmed", items: int = 1) -> list[UUID]:
    """Orders of ``buyer``, a minute apart, the last the newest; each with a first line of history."""
    rows = await ORDER_DB.fetch(
        """
        INSERT INTO orders (order_number, user_id, status, subtotal, total, shipping_address, billing_address,
                            contact_email, created_at)
        SELECT upper('ORD-' || gen_random_uuid()), $1, $2, 10 * n, 10 * n, $3, $3, 'a@example.com',
               timestamptz '2026-01-01 12:00+00' + n * interval '1 minute'
        FROM generate_series(1, $4::int) AS n RETURNING id
        """,
        buyer,
        status,
        {"street": "Main 1", "city": "Bonn", "country": "DE", "zip_code": "53111", "state": ""},
        count,
    )
    ids = [row["id"] for row in rows]
    await ORDER_DB.execute(
        """
        INSERT INTO order_items (order_id, position, product_id, product_name, product_sku, quantity, unit_price,
                                 subtotal)
        SELECT o, n, gen_random_uuid(), 'Lamp', 'L-1', 2, 5, 10 FROM unnest($1::uuid[]) o, generate_series(1, $2::int) n
        """,
        ids,
        items,
    )
    await ORDER_DB.execute(
        """
        INSERT INTO order_status_history (order_id, status, actor_id, actor_kind)
        SELECT o, 'pending', $2, 'customer' FROM unnest($1::uuid[]) o
        """,
        ids,
        buyer,
    )
    return ids
