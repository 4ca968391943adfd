"""Each statement of the ten reference queries carries its database's shard key, or is listed (S-131, decision 0012)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bench.shop import QUERIES, environment, running

Statements = set[tuple[str, str]]
"""Database and SQL."""

KEYS = {
    "auth": ("FROM users WHERE id = ANY",),
    "user": ("user_id = ANY",),
    "notification": ("user_id = ANY", "n.user_id = owner.id"),
    "order": ("o.user_id = $1", "o.user_id = ANY", "o.user_id = buyer.id", "FROM shopping_carts WHERE user_id = ANY"),
    "payment": ("p.order_id = ANY", "FROM payment_methods WHERE user_id = ANY"),
    "product": ("product_id = ANY", "product_id = k.key", "FROM products p WHERE p.id = ANY"),
}
"""Any of these restricts a statement to the shards of what is asked for."""

OTHERS = {
    "order": {
        "FROM orders o WHERE o.order_number = ANY": "by another name",
        "WHERE i.order_id = ANY": "by another name",
        "ON h.order_id = o.id AND h.created_at >= o.created_at WHERE o.id = ANY": "by another name",
        "FROM shopping_carts WHERE id = ANY": "by another name",
        "FROM orders o WHERE TRUE": "of everybody",
    },
    "payment": {
        "FROM payment_attempts a WHERE a.payment_id = ANY": "by another name",
        "FROM refunds WHERE payment_id = k.key": "by another name",
    },
    "product": {
        "p.slug = ANY": "by another name",
        "p.sku = ANY": "by another name",
        "b.user_id = k.key": "by another owner",
        "r.user_id = k.key": "by another owner",
        "p.search @@ asked.query": "of everybody",
        "p.category_id = self.category_id": "of everybody",
        "JOIN below b ON c.parent_id = b.id": "of everybody",
        "FROM categories c WHERE c.id = ANY": "each shard has all categories",
        "FROM categories c WHERE c.deleted_at IS NULL": "each shard has all categories",
        "WHERE c.parent_id = k.key": "each shard has all categories",
    },
}
"""Statements that do not, and how they would find their shard."""


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> Statements:
    """Those of all reference queries; their text does not depend on the size of the shop."""
    with environment(Path(tmp_path_factory.mktemp("shop")) / "data", 1) as environ:
        return asyncio.run(_all_statements(dict(environ)))


async def _all_statements(environ: dict[str, str]) -> Statements:
    async with running(environ) as shop:
        watched = [await shop.watch(name) for name in QUERIES]
    return {(each.database.room, " ".join(each.sql.split())) for passed in watched for each in passed.statements}


def test_each_statement_carries_its_key_or_is_listed(statements: Statements) -> None:
    assert {room for room, _ in statements} == KEYS.keys()
    assert [each for each in sorted(statements) if not _carries_key(*each) and not _listed(*each)] == []


def test_nothing_is_listed_that_is_not_asked(statements: Statements) -> None:
    without_key = [each for each in statements if not _carries_key(*each)]
    unused = [
        (room, part)
        for room, parts in OTHERS.items()
        for part in parts
        if not any(room == asked and part in sql for asked, sql in without_key)
    ]
    assert unused == []


def _carries_key(room: str, sql: str) -> bool:
    return any(part in sql for part in KEYS[room])


def _listed(room: str, sql: str) -> bool:
    return any(part in sql for part in OTHERS.get(room, ()))
