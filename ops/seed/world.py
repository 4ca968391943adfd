"""The demo shop as plain facts: who exists, what is sold, what was bought, paid and said.

Everything follows from an index and the seed, never from a clock or from what was made before, so two machines make the
same shop and each table can be streamed on its own. Facts agree with each other: totals with items, ratings with
reviews, verified purchases with delivered orders, refunds with payments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from hashlib import md5
from random import Random
from uuid import UUID

from ops.seed.words import (
    ADJECTIVES,
    BRANDS,
    CITIES,
    COMMENTS,
    DEPARTMENTS,
    FIRST_NAMES,
    LAST_NAMES,
    STREETS,
    Shelf,
)

__all__ = ["EPOCH", "Category", "Item", "Order", "Person", "Product", "Review", "World", "entity_id"]

EPOCH = datetime(2026, 11, 1, tzinfo=UTC)
"""The day on which the demo shop stands still: nothing in it is younger."""

_ORDERS_BY_PERSON = (4, 7, 10, 13, 16)
_REVIEWS_BY_PERSON = (6, 10, 14, 18, 22, 30)
_STATUSES = (
    ("delivered",) * 10
    + ("shipped",) * 3
    + ("processing",) * 2
    + ("confirmed",) * 2
    + ("pending", "cancelled", "cancelled")
)
_ROLES = ("user", "support", "catalog_manager", "fulfilment", "finance", "admin")


def entity_id(kind: str, *index: int) -> UUID:
    """The id of the n-th thing of a kind: random to look at, the same on every machine."""
    name = f"stoa:{kind}:{index}"
    return UUID(bytes=md5(name.encode(), usedforsecurity=False).digest(), version=4)


def _random(kind: str, index: int) -> Random:
    return Random(f"stoa:{kind}:{index}")  # noqa: S311 - demo data, not a secret


@dataclass(frozen=True, slots=True)
class Category:
    id: UUID
    name: str
    slug: str
    parent: UUID | None
    description: str


@dataclass(frozen=True, slots=True)
class Product:
    index: int
    id: UUID
    sku: str
    slug: str
    name: str
    description: str
    long_description: str
    category: UUID
    price: Decimal
    stock: int
    active: bool
    images: int
    specifications: tuple[tuple[str, str], ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    index: int
    id: UUID
    email: str
    first_name: str
    last_name: str
    role: str
    verified: bool
    phone: str | None
    born: date | None
    street: str
    place: tuple[str, str, str, str]
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    product: Product
    quantity: int

    @property
    def subtotal(self) -> Decimal:
        return self.product.price * self.quantity


@dataclass(frozen=True, slots=True)
class Order:
    id: UUID
    ordinal: int
    """Counts all orders of the shop: what the order number is made of."""
    person: Person
    status: str
    items: tuple[Item, ...]
    placed_at: datetime
    refunded_share: int
    """Percent of the total that was given back; 100 for an order cancelled after it was paid."""

    @property
    def subtotal(self) -> Decimal:
        return sum((item.subtotal for item in self.items), Decimal(0))


@dataclass(frozen=True, slots=True)
class Review:
    id: UUID
    product: int
    person: Person
    rating: int
    title: str
    comment: str
    verified: bool
    votes: int
    created_at: datetime


class World:
    """A demo shop of a given size; scale 1 has 40 categories, 1 000 products, 300 people and 3 000 orders."""

    def __init__(self, scale: int = 1) -> None:
        self.scale = scale
        self.product_count = 1_000 * scale
        self.person_count = 300 * scale
        self._leaves = tuple(self._make_leaves())
        self.product = lru_cache(maxsize=20_000)(self._product)

    def categories(self) -> Iterator[Category]:
        """Departments, their shelves and, above scale 1, the sections of the shelves; parents come first."""
        for d, department in enumerate(DEPARTMENTS):
            yield Category(
                entity_id("category", d), department.name, _slug(department.name), None, department.description
            )
        for d, s, shelf in _shelves():
            slug = f"{_slug(DEPARTMENTS[d].name)}-{_slug(shelf.name)}"
            description = f"{shelf.name} of all kinds: {', '.join(shelf.nouns).lower()}."
            yield Category(entity_id("category", d, s), shelf.name, slug, entity_id("category", d), description)
        for section in range(40 * (self.scale - 1)):
            d, s, shelf = _SHELVES[section % len(_SHELVES)]
            number = section // len(_SHELVES) + 1
            name = f"{shelf.name} {number}"
            slug = f"{_slug(DEPARTMENTS[d].name)}-{_slug(name)}"
            parent = entity_id("category", d, s)
            yield Category(entity_id("category", d, s, number), name, slug, parent, f"More {shelf.name.lower()}.")

    def products(self) -> Iterator[Product]:
        for index in range(self.product_count):
            yield self._product(index)

    def people(self) -> Iterator[Person]:
        for index in range(self.person_count):
            yield self.person(index)

    def person(self, index: int) -> Person:
        """The n-th person; the first six hold the six roles and are the demo logins."""
        random = _random("person", index)
        first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
        role = _ROLES[index] if index < len(_ROLES) else "user"
        name = (
            ("ada" if role == "user" else role.replace("_manager", ""))
            if index < len(_ROLES)
            else f"{first}.{last}.{index}".lower()
        )
        return Person(
            index=index,
            id=entity_id("person", index),
            email=f"{name}@example.com",
            first_name="Ada" if index == 0 else first,
            last_name=last,
            role=role,
            verified=index < len(_ROLES) or random.random() < 0.9,
            phone=f"+1202555{random.randrange(100, 200):04d}" if random.random() < 0.6 else None,
            born=date(random.randrange(1950, 2006), random.randrange(1, 13), random.randrange(1, 29))
            if random.random() < 0.5
            else None,
            street=f"{random.randrange(1, 200)} {random.choice(STREETS)}",
            place=random.choice(CITIES),
            joined_at=EPOCH - timedelta(days=random.randrange(400, 1000), seconds=random.randrange(86_400)),
        )

    def orders_of(self, person: Person) -> tuple[Order, ...]:
        """A person's orders, oldest first."""
        random = _random("orders", person.index)
        count = _ORDERS_BY_PERSON[person.index % 5]
        first_ordinal = (person.index // 5) * 50 + sum(_ORDERS_BY_PERSON[: person.index % 5])
        ages = sorted((random.randrange(3_600, 380 * 86_400) for _ in range(count)), reverse=True)
        return tuple(self._order(random, person, first_ordinal + n, n, age) for n, age in enumerate(ages))

    def reviews_of(self, person: Person) -> tuple[Review, ...]:
        """A person's reviews: of what was delivered first, then of anything else, at most one per product."""
        random = _random("reviews", person.index)
        delivered = {
            item.product.index: order.placed_at
            for order in self.orders_of(person)
            if order.status == "delivered"
            for item in order.items
        }
        wanted = _REVIEWS_BY_PERSON[person.index % 6]
        chosen = dict.fromkeys(list(delivered)[: wanted * 2 // 3])
        while len(chosen) < wanted:
            chosen[_popular(random, self.product_count)] = None
        return tuple(self._review(random, person, index, delivered.get(index)) for index in chosen)

    def _product(self, index: int) -> Product:
        random = _random("product", index)
        category, shelf = self._leaves[index % len(self._leaves)]
        adjective, brand, noun = random.choice(ADJECTIVES), random.choice(BRANDS), random.choice(shelf.nouns)
        name = f"{brand} {adjective} {noun}"
        low, high = shelf.prices
        return Product(
            index=index,
            id=entity_id("product", index),
            sku=f"{brand[:3].upper()}-{index + 1:06d}",
            slug=f"{_slug(name)}-{index + 1}",
            name=name,
            description=f"{adjective} {noun.lower()} by {brand}.",
            long_description=(
                f"The {name} belongs to our {shelf.name.lower()} and is made to last. "
                f"{random.choice(('Returns are free for 30 days.', 'Spare parts are kept for ten years.'))}"
            ),
            category=category,
            price=Decimal(random.randrange(low * 100, high * 100, 5) + 99).scaleb(-2),
            stock=0 if random.random() < 0.05 else random.randrange(1, 250),
            active=random.random() < 0.97,
            images=random.randrange(1, 5),
            specifications=tuple((key, random.choice(values)) for key, values in shelf.specifications),
            created_at=EPOCH - timedelta(days=random.randrange(1, 900), seconds=random.randrange(86_400)),
        )

    def _order(self, random: Random, person: Person, ordinal: int, number: int, age: int) -> Order:
        indices = dict.fromkeys(_popular(random, self.product_count) for _ in range(random.randrange(1, 6)))
        status = random.choice(_STATUSES)
        partly = random.choice((10, 25, 50)) if status == "delivered" and random.random() < 0.08 else 0
        return Order(
            id=entity_id("order", person.index, number),
            ordinal=ordinal,
            person=person,
            status=status,
            items=tuple(Item(self.product(index), random.choice((1, 1, 1, 2, 3))) for index in indices),
            placed_at=EPOCH - timedelta(seconds=age),
            refunded_share=100 if status == "cancelled" else partly,
        )

    def _review(self, random: Random, person: Person, product: int, bought_at: datetime | None) -> Review:
        rating = random.choices((1, 2, 3, 4, 5), (4, 7, 15, 34, 40))[0]
        title, comment = random.choice(COMMENTS[rating])
        since = bought_at or person.joined_at
        return Review(
            id=entity_id("review", person.index, product),
            product=product,
            person=person,
            rating=rating,
            title=title,
            comment=comment,
            verified=bought_at is not None,
            votes=random.choice((0, 0, 0, 1, 2, 3)),
            created_at=since + (EPOCH - since) * random.random(),
        )

    def _make_leaves(self) -> Iterator[tuple[UUID, Shelf]]:
        if self.scale == 1:
            for d, s, shelf in _SHELVES:
                yield entity_id("category", d, s), shelf
            return
        for section in range(40 * (self.scale - 1)):
            d, s, shelf = _SHELVES[section % len(_SHELVES)]
            yield entity_id("category", d, s, section // len(_SHELVES) + 1), shelf


def _shelves() -> Iterator[tuple[int, int, Shelf]]:
    for d, department in enumerate(DEPARTMENTS):
        for s, shelf in enumerate(department.shelves):
            yield d, s, shelf


_SHELVES = tuple(_shelves())


def _popular(random: Random, count: int) -> int:
    """An index of a product, low ones (best sellers) more often."""
    return int(count * random.random() ** 2)


def _slug(text: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower().replace("'", "")).split())
