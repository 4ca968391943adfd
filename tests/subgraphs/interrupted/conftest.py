"""Rooms whose stores can be broken, and what they are asked in these tests."""

from __future__ import annotations

from tests.subgraphs.auth.conftest import auth, cheap_passwords
from tests.subgraphs.interrupted.breaking import breakable_stores
from tests.subgraphs.interrupted.stepping import step
from tests.subgraphs.order.conftest import insert_orders, shop
from tests.subgraphs.payment.conftest import till
from tests.subgraphs.product.conftest import room, stockroom
from tests.subgraphs.user.conftest import person, user

__all__ = [
    "auth",
    "breakable_stores",
    "cheap_passwords",
    "insert_orders",
    "person",
    "room",
    "shop",
    "step",
    "stockroom",
    "till",
    "user",
]
