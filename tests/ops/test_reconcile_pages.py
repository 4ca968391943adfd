"""Stock, letters and books are read in pages: all that is wrong, in memory and statements that one page bounds."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from ops.reconcile import messages, pages, report
from subgraphs.payment.simulator.books import Books
from tests.fixtures.databases import RoomDatabases

PAGE, GRACE = 4, 60.0
_PRODUCT = """
INSERT INTO products (id, name, sku, slug, price, currency, stock, reserved)
VALUES ($1, 'Lamp', $2::text, lower($2::text), 1, 'USD', 1000, $3)
"""
_LINE = """
INSERT INTO stock_reservations (order_id, product_id, quantity, status, unit_price, currency, expires_at)
VALUES ($1, $2, $3, $4, 1, 'USD', now() + make_interval(secs => $5))
"""
_ADDRESS = '{"street": "Main 1", "city": "Bonn", "state": "", "zip_code": "53111", "country": "DE"}'
_ORDER = """
INSERT INTO orders (id, order_number, user_id, status, subtotal, tax, shipping_cost, total, currency, shipping_address,
                    billing_address)
VALUES ($1, $2, $1, 'confirmed', 1, 0, 0, 1, 'USD', $3, $3)
"""
_LETTER = """
INSERT INTO dead_letters (consumer, event_id, event_type, stream, event, error)
VALUES ('payment', $1, 'order.created', 'events:order', '{}', $2)
"""
_PAYMENT = """
INSERT INTO payments (id, order_id, user_id, amount, currency, payment_method, status, authorized_amount,
                      captured_amount, processed_at)
VALUES ($1, $1, $1, 10, 'USD', 'credit_card', 'completed', 10, 10, now())
"""
_ATTEMPT = """
INSERT INTO payment_attempts (id, payment_id, idempotency_key, request_hash, amount, provider, status)
VALUES ($1, $1, $3, repeat('0', 64), 10, 'simulator', $2)
"""
_TOLD = """
INSERT INTO outbox (type, aggregate, payload, published_at)
VALUES ($1, 'order', jsonb_build_object('user_id', $2::uuid), $3)
"""


class Counting:
    """A connection that remembers how many rows each statement answered."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.answered: list[int] = []

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[Any]:
        rows: Sequence[Any] = await self.connection.fetch(sql, *arguments)
        self.answered.append(len(rows))
        return rows


@pytest.fixture
async def rooms(room_database: RoomDatabases) -> AsyncIterator[dict[str, Counting]]:
    opened = {
        room: Counting(await asyncpg.connect(**room_database(room).connect_arguments()))
        for room in ("product", "order", "payment")
    }
    yield opened
    for each in opened.values():
        await each.connection.close()


async def _fill(rooms: dict[str, Counting], rng: random.Random, count: int) -> set[tuple[str, str]]:
    """Products and reservations of which some are wrong; answers what has to be found."""
    product, order = rooms["product"].connection, rooms["order"].connection
    products = [UUID(int=rng.getrandbits(128), version=4) for _ in range(count)]
    for number, id in enumerate(products):
        await product.execute(_PRODUCT, id, f"S-{number}", 0)
    held = dict.fromkeys(products, 0)
    expected = set()
    for number in range(count):
        order_id = UUID(int=rng.getrandbits(128), version=4)
        status, seconds = rng.choice(["held", "committed", "released", "expired"]), rng.choice([900, -10, -900])
        exists = rng.random() < 0.7
        if exists:
            await order.execute(_ORDER, order_id, f"O-{number}", _ADDRESS)
        for id in rng.sample(products, min(count, rng.randint(1, 3))):
            await product.execute(_LINE, order_id, id, 2, status, seconds)
            held[id] += 2 * (status == "held")
        if status == "committed" and not exists:
            expected.add(("SOLD_TO_NOBODY", f"order {order_id}"))
        if status == "held" and seconds == -900:
            expected.add(("HOLD_OVERDUE", f"order {order_id}"))
    for number, id in enumerate(products):
        wrong = rng.choice([0, 0, 1])
        await product.execute("UPDATE products SET reserved = $2 WHERE id = $1", id, held[id] + wrong)
        if wrong:
            expected.add(("RESERVED_DIFFERS", f"S-{number}"))
    return expected


@pytest.mark.parametrize("count", [0, 1, PAGE, PAGE + 1, 5 * PAGE + 3])
async def test_pages_find_what_is_wrong_in_all(
    rooms: dict[str, Counting], monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(pages, "PAGE", PAGE)
    expected = await _fill(rooms, random.Random(count), count)  # noqa: S311
    found = [finding async for finding in report._stock(rooms, GRACE)]
    assert len(found) == len(expected)
    assert {(finding.code, finding.subject) for finding in found} == expected
    full = -(-count // PAGE)
    assert len(rooms["product"].answered) == 2 * (full + 1)
    assert len(rooms["order"].answered) <= full
    assert max(rooms["product"].answered + rooms["order"].answered) <= PAGE


@pytest.mark.parametrize("count", [0, 1, PAGE, PAGE + 1, 3 * PAGE + 2])
async def test_every_dead_letter_is_read_with_the_first_line_of_its_reason(
    rooms: dict[str, Counting], monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(pages, "PAGE", PAGE)
    letters = {uuid4(): f"KeyError: {number}\nsecond line" * (number != 1) for number in range(count)}
    for event_id, error in letters.items():
        await rooms["payment"].connection.execute(_LETTER, event_id, error)
    found = [finding async for finding in report._messages({"payment": rooms["payment"]}, GRACE)]
    assert sorted((each.code, each.subject, each.message) for each in found) == sorted(
        ("DEAD_LETTER", f"payment {id}", f"order.created could not be applied: {error.partition(chr(10))[0]}")
        for id, error in letters.items()
    )
    assert len(rooms["payment"].answered) == 1 + -(-count // PAGE) + 1
    assert max(rooms["payment"].answered) <= PAGE


@pytest.mark.parametrize("count", [0, 1, PAGE, PAGE + 1, 3 * PAGE + 2])
async def test_every_order_and_every_payment_is_compared(
    rooms: dict[str, Counting], monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(pages, "PAGE", PAGE)
    unpaid, ordered_by_nobody = [uuid4() for _ in range(count)], [uuid4() for _ in range(count)]
    for number, id in enumerate(unpaid):
        await rooms["order"].connection.execute(_ORDER, id, f"O-{number}", _ADDRESS)
    for id in ordered_by_nobody:
        await rooms["payment"].connection.execute(_PAYMENT, id)
    found = [(each.code, each.subject) async for each in report._orders(rooms, GRACE)]
    assert sorted(found) == sorted(("WRONG_AMOUNT_TAKEN", f"O-{number}") for number in range(count))
    found = [(each.code, each.subject) async for each in report._payments(rooms, GRACE)]
    assert sorted(found) == sorted(("NO_ORDER", f"payment {id}") for id in ordered_by_nobody)
    assert max(rooms["payment"].answered + rooms["order"].answered) <= PAGE


@pytest.mark.parametrize("count", [0, 1, PAGE, PAGE + 1, 3 * PAGE + 2])
async def test_every_published_event_of_the_types_is_read_once(
    rooms: dict[str, Counting], monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(pages, "PAGE", PAGE)
    outbox, published = rooms["order"], datetime.now(UTC)
    users = [uuid4() for _ in range(count)]
    for user_id in users:
        for kind, moment in (("told", published), ("told", None), ("other", published)):
            await outbox.connection.execute(_TOLD, kind, user_id, moment)
    found = [each async for page in messages.told_events(outbox, ["told"]) for each in page]
    assert [(kind, user_id) for _, kind, user_id in found] == [("told", user_id) for user_id in users]
    assert len(outbox.answered) == -(-count // PAGE) + 1
    assert max(outbox.answered) <= PAGE


CHARGES: list[tuple[str, str | None, int, int, str | None]] = [
    ("succeeded", "completed", 1000, 0, None),
    ("requires_capture", "authorized", 0, 0, None),
    ("succeeded", "voided", 700, 700, None),
    ("succeeded", None, 1000, 0, "UNKNOWN_CHARGE"),
    ("requires_capture", "voided", 0, 0, "FORGOTTEN_HOLD"),
    ("succeeded", "completed", 1000, 100, "BOOKS_DIFFER"),
    ("succeeded", "completed", 900, 0, "BOOKS_DIFFER"),
    ("succeeded", "voided", 700, 600, "BOOKS_DIFFER"),
]
"""An intent's status, its attempt's, what the provider took and gave back; the payment counts 10.00 and nothing."""
NAMES: list[dict[str, str]] = [{}, {"attempt_id": "none"}, {"attempt_id": str(UUID(int=4))}]


@pytest.mark.parametrize("count", [0, 1, PAGE, PAGE + 1, 5 * PAGE + 3])
async def test_every_intent_is_compared_with_its_attempt(
    rooms: dict[str, Counting], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, count: int
) -> None:
    monkeypatch.setattr(pages, "PAGE", PAGE)
    file = tmp_path / "books.sqlite"
    books, expected = Books(file), set()
    for status, known, taken, returned, code in [CHARGES[number % len(CHARGES)] for number in range(count)]:
        attempt, intent = uuid4(), f"pi_{uuid4().hex}"
        if known is not None:
            await rooms["payment"].connection.execute(_PAYMENT, attempt)
            await rooms["payment"].connection.execute(_ATTEMPT, attempt, known, str(attempt))
        named = {"attempt_id": str(attempt)} if known else NAMES[len(expected) % len(NAMES)]
        money = {"amount_received": taken, "amount_refunded": returned, "currency": "usd"}
        books.put_intent({"id": intent, "status": status, "metadata": named, **money})
        if code is not None:
            expected.add((code, intent))
    books.commit()
    books.close()
    found = [finding async for finding in report._books(rooms["payment"], file)]
    assert len(found) == len(expected)
    assert {(finding.code, finding.subject) for finding in found} == expected
    assert len(rooms["payment"].answered) == -(-count // PAGE)
    assert max(rooms["payment"].answered, default=0) <= PAGE
