"""The demo shop is the same on every machine, agrees with itself, and obeys every rule of the databases."""

from __future__ import annotations

import asyncio
import hashlib
from itertools import islice

import asyncpg
import pytest

from ops.rooms import ROOMS
from ops.seed.load import demo_tables, is_empty
from ops.seed.world import World
from subgraphs.kernel.settings import DatabaseSettings
from tests.fixtures.databases import RoomDatabases

_SALTED = {"users"}  # password hashes differ by their salt


@pytest.fixture(scope="module")
def seeded(demo_database: RoomDatabases) -> dict[str, DatabaseSettings]:
    """Six databases with the demo shop."""
    return {room: demo_database(room) for room in ROOMS}


def ask(database: DatabaseSettings, statement: str) -> list[tuple[object, ...]]:
    async def run() -> list[tuple[object, ...]]:
        connection = await asyncpg.connect(**database.connect_arguments())
        try:
            return [tuple(row.values()) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    return asyncio.run(run())


def test_rows_are_the_same_each_time() -> None:
    def digest() -> dict[str, str]:
        return {
            table.name: hashlib.sha256(repr(list(islice(table.rows(), 500))).encode()).hexdigest()
            for table in demo_tables()
            if table.name not in _SALTED
        }

    assert digest() == digest()


def test_a_seeded_room_is_not_empty(room_database: RoomDatabases, seeded: dict[str, DatabaseSettings]) -> None:
    assert asyncio.run(is_empty({room: room_database(room) for room in ROOMS})) == list(ROOMS)
    assert asyncio.run(is_empty(seeded)) == []


def test_the_shop_has_the_size_it_promises(seeded: dict[str, DatabaseSettings]) -> None:
    sizes = {
        ("product", "categories"): 40,
        ("product", "products"): 1_000,
        ("auth", "users"): 300,
        ("product", "product_reviews"): 5_000,
        ("order", "orders"): 3_000,
        ("payment", "payments"): 3_000,
    }
    for (room, table), size in sizes.items():
        assert ask(seeded[room], f"SELECT count(*) FROM {table}") == [(size,)]
    states = {status for (status,) in ask(seeded["order"], "SELECT DISTINCT status FROM orders")}
    assert states == {"pending", "confirmed", "processing", "shipped", "delivered", "cancelled"}
    assert ask(seeded["payment"], "SELECT count(*) > 100 FROM refunds") == [(True,)]
    assert ask(seeded["notification"], "SELECT count(*) > 1000 FROM notifications") == [(True,)]


def test_counters_equal_a_recount(seeded: dict[str, DatabaseSettings]) -> None:
    wrong_ratings = """
        SELECT p.id FROM products p LEFT JOIN product_reviews r ON r.product_id = p.id
        GROUP BY p.id HAVING p.rating_count <> count(r.id) OR p.rating_sum <> coalesce(sum(r.rating), 0)
    """
    wrong_votes = """
        SELECT r.id FROM product_reviews r LEFT JOIN review_votes v ON v.review_id = r.id
        GROUP BY r.id HAVING r.helpful_count <> count(v.user_id)
    """
    assert ask(seeded["product"], wrong_ratings) == []
    assert ask(seeded["product"], wrong_votes) == []


def test_orders_and_payments_agree(seeded: dict[str, DatabaseSettings]) -> None:
    orders = dict(ask(seeded["order"], "SELECT id, (total, user_id) FROM orders"))
    payments = dict(ask(seeded["payment"], "SELECT order_id, (amount, user_id) FROM payments"))
    assert orders == payments
    refunds = """
        SELECT p.id FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id AND r.status = 'completed'
        GROUP BY p.id HAVING p.refunded_amount <> coalesce(sum(r.amount), 0)
    """
    assert ask(seeded["payment"], refunds) == []
    sums = """
        SELECT o.id FROM orders o JOIN order_items i ON i.order_id = o.id
        GROUP BY o.id HAVING o.subtotal <> sum(i.subtotal)
    """
    assert ask(seeded["order"], sums) == []


def test_a_verified_purchase_was_delivered(seeded: dict[str, DatabaseSettings]) -> None:
    reviews = ask(seeded["product"], "SELECT user_id, product_id FROM product_reviews WHERE verified_purchase")
    bought = set(
        ask(
            seeded["order"],
            "SELECT o.user_id, i.product_id FROM orders o JOIN order_items i ON i.order_id = o.id "
            "WHERE o.status = 'delivered'",
        )
    )
    assert reviews
    assert set(reviews) <= bought


def test_a_larger_shop_has_more_of_everything() -> None:
    small, large = World(1), World(3)
    assert (large.product_count, large.person_count) == (3 * small.product_count, 3 * small.person_count)
    assert len(list(large.categories())) == 3 * len(list(small.categories()))
    assert len({product.slug for product in large.products()}) == large.product_count
