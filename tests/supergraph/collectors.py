"""Customers with exactly as much of everything as a test asks for: orders, items, reviews, news, cart lines."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher

from ops.local.secrets import Passwords
from ops.rooms import ROOMS, database_name, role_name
from ops.seed import accounts, catalog, inbox, trade
from ops.seed.load import seed
from ops.seed.rows import Row, Table
from ops.seed.world import EPOCH, Item, Order, Person, Review, World, entity_id
from subgraphs.kernel.settings import DatabaseSettings

SIZES = (1, 10, 100)
_FIRST_INDEX = 1_000_000
_LEFT_OUT = {"categories", "products", "product_images", "product_specifications", "shopping_carts"}


class Collectors(World):
    """A world of three people who come to an existing shop: with 1, 10 and 100 of everything."""

    def people(self) -> Iterator[Person]:
        for size in SIZES:
            yield self.person(_FIRST_INDEX + size)

    def orders_of(self, person: Person) -> tuple[Order, ...]:
        """``size`` delivered orders; the newest has ``size`` items, the others one or two."""
        size = person.index - _FIRST_INDEX
        return tuple(self._delivered(person, n, size if n == size - 1 else 1 + n % 2) for n in range(size))

    def reviews_of(self, person: Person) -> tuple[Review, ...]:
        size = person.index - _FIRST_INDEX
        return tuple(
            Review(entity_id("review", person.index, n), n, person, 4, "Fine", "As expected.", True, 0, EPOCH)
            for n in range(203, 203 + size)  # what was bought first stays to be reviewed
        )

    def _delivered(self, person: Person, n: int, items: int) -> Order:
        first = 200 + n
        return Order(
            id=entity_id("order", person.index, n),
            ordinal=person.index * 1_000 + n,
            person=person,
            status="delivered",
            items=tuple(Item(self.product(first + k), 1) for k in range(items)),
            placed_at=EPOCH - timedelta(days=30) + timedelta(hours=n),
            refunded_share=10,
        )


@dataclass(frozen=True, slots=True)
class Collector:
    """What a test needs to know of one of them."""

    size: int
    email: str
    newest_order: str


def collector(size: int) -> Collector:
    world = _world()
    person = world.person(_FIRST_INDEX + size)
    return Collector(size, person.email, trade.order_number(world.orders_of(person)[-1]))


def let_in(data: Path) -> None:
    """Bring them into the shop whose data directory this is."""
    passwords = Passwords(data / "passwords")
    databases = {
        room: DatabaseSettings(str(data / "postgres"), 5432, database_name(room), role_name(room), passwords.of(role))
        for room in ROOMS
        for role in [role_name(room)]
    }
    asyncio.run(seed(databases, _tables(), lambda *_: None))


def _tables() -> list[Table]:
    world = _world()
    password_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(accounts.DEMO_PASSWORD)
    all_tables = (
        *accounts.tables(world, password_hash),
        *catalog.tables(world),
        *trade.tables(world),
        *inbox.tables(world),
    )
    carts = Table("order", "shopping_carts", "id user_id items version created_at updated_at", 3, _carts)
    return [*(table for table in all_tables if table.name not in _LEFT_OUT), carts]


def _carts() -> Iterator[Row]:
    for person in _world().people():
        lines = [
            {"product_id": str(entity_id("product", 300 + n)), "quantity": 1, "added_at": EPOCH.isoformat()}
            for n in range(person.index - _FIRST_INDEX)
        ]
        yield entity_id("cart", person.index), person.id, json.dumps(lines), 1, EPOCH, EPOCH


@lru_cache(1)
def _world() -> Collectors:
    return Collectors()
