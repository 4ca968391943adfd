"""What each database says about orders, money and goods; rows by order, read in pages of orders."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from ops.reconcile.pages import pages


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order, and its saga when it has one."""

    id: UUID
    number: str
    status: str
    total: Decimal
    step: str | None
    overdue: bool  # its saga should have been worked on some time ago
    items: dict[UUID, int]


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """The payment of an order, its refunds and what is still open."""

    id: UUID
    order_id: UUID
    status: str
    let_go: Decimal  # the part of the amount that it was decided not to take
    captured: Decimal
    refunded: Decimal
    refunds_completed: Decimal
    open_since_long: bool  # an attempt in doubt, orphaned money or a refund under way
    orphan_kept: bool = False  # money that it does not count has not gone back in a day


@dataclass(frozen=True, slots=True)
class Hold:
    """A line of an order's reservation."""

    product_id: UUID
    quantity: int
    status: str
    reason: str | None
    overdue: bool


async def orders(connection: Any, grace: float) -> AsyncIterator[list[OrderFacts]]:
    """All orders, in pages by id."""
    async for rows in pages(connection, _ORDERS, grace):
        items: dict[UUID, dict[UUID, int]] = {row["id"]: {} for row in rows}
        for row in await connection.fetch(
            "SELECT order_id, product_id, quantity FROM order_items WHERE order_id = ANY($1)", list(items)
        ):
            items[row["order_id"]][row["product_id"]] = row["quantity"]
        yield [
            OrderFacts(
                row["id"],
                row["order_number"],
                row["status"],
                row["total"],
                row["step"],
                row["overdue"],
                items[row["id"]],
            )
            for row in rows
        ]


_ORDERS = """
SELECT o.id, o.order_number, o.status, o.total, s.step,
       coalesce(s.next_run_at < now() - make_interval(secs => $1), false) AS overdue
FROM orders o LEFT JOIN checkout_sagas s ON s.order_id = o.id
WHERE o.id > $2 ORDER BY o.id LIMIT $3
"""


async def payments(connection: Any, order_ids: Sequence[UUID], grace: float) -> dict[UUID, PaymentFacts]:
    """The payments of these orders."""
    rows = await connection.fetch(_PAYMENTS + " WHERE p.order_id = ANY($2)", grace, order_ids)
    return {row["order_id"]: PaymentFacts(*row) for row in rows}


_PAYMENTS = """
SELECT p.id, p.order_id, p.status, p.amount - coalesce(p.capture_amount, p.amount), p.captured_amount,
       p.refunded_amount,
       (SELECT coalesce(sum(r.amount), 0) FROM refunds r WHERE r.payment_id = p.id AND r.status = 'completed'),
       EXISTS (SELECT FROM payment_attempts a
               WHERE a.payment_id = p.id AND a.next_poll_at < now() - make_interval(secs => $1))
       OR EXISTS (SELECT FROM refunds r
                  WHERE r.payment_id = p.id AND r.next_run_at < now() - make_interval(secs => $1)),
       EXISTS (SELECT FROM payment_attempts a
               WHERE a.payment_id = p.id AND a.orphaned AND a.status = 'completed' AND a.next_poll_at IS NOT NULL
                     AND a.created_at < now() - interval '1 day')
FROM payments p
"""


async def payment_pages(connection: Any, grace: float) -> AsyncIterator[list[PaymentFacts]]:
    """All payments, in pages by id."""
    async for rows in pages(connection, _PAYMENTS + " WHERE p.id > $2 ORDER BY p.id LIMIT $3", grace):
        yield [PaymentFacts(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """An attempt at a payment, and what the payment counts."""

    status: str
    captured: Decimal
    refunded: Decimal
    counted: bool = True  # not orphaned money on its way back, which the payment does not count


async def attempts(connection: Any, ids: Sequence[UUID]) -> dict[UUID, AttemptFacts]:
    """The attempts with these ids."""
    rows = await connection.fetch(
        """
        SELECT a.id, a.status, p.captured_amount, p.refunded_amount,
               NOT (a.orphaned AND a.next_poll_at IS NOT NULL)
        FROM payment_attempts a JOIN payments p ON p.id = a.payment_id WHERE a.id = ANY($1)
        """,
        ids,
    )
    return {row["id"]: AttemptFacts(*row[1:]) for row in rows}


async def holds(connection: Any, order_ids: Sequence[UUID], grace: float) -> dict[UUID, list[Hold]]:
    """The reservations of these orders."""
    found: dict[UUID, list[Hold]] = {}
    for row in await connection.fetch(
        """
        SELECT order_id, product_id, quantity, status, release_reason,
               status = 'held' AND expires_at < now() - make_interval(secs => $2)
        FROM stock_reservations WHERE order_id = ANY($1) ORDER BY order_id, product_id
        """,
        order_ids,
        grace,
    ):
        found.setdefault(row[0], []).append(Hold(*row[1:]))
    return found


@dataclass(frozen=True, slots=True)
class Counted:
    """A product's units on hold as they are counted, and as the holds add up."""

    sku: str
    reserved: int
    held: int


async def counted_products(connection: Any) -> AsyncIterator[list[Counted]]:
    """All products, in pages by id; each page is one statement, so count and holds are of one moment."""
    async for rows in pages(connection, _COUNTED_PRODUCTS):
        yield [Counted(row["sku"], row["reserved"], row["held"]) for row in rows]


_COUNTED_PRODUCTS = """
WITH page AS (SELECT id, sku, reserved FROM products WHERE id > $1 ORDER BY id LIMIT $2), held AS (
    SELECT product_id, sum(quantity) AS quantity FROM stock_reservations
    WHERE status = 'held' AND product_id IN (SELECT id FROM page) GROUP BY product_id
)
SELECT page.id, page.sku, page.reserved, coalesce(held.quantity, 0) AS held
FROM page LEFT JOIN held ON held.product_id = page.id ORDER BY page.id
"""


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """All lines of an order's reservation together."""

    order_id: UUID
    overdue: int
    sold: bool


async def held_orders(connection: Any, grace: float) -> AsyncIterator[list[HeldOrder]]:
    """All reservations, in pages by order, whether that order exists or not."""
    async for rows in pages(connection, _HELD_ORDERS, grace):
        yield [HeldOrder(row["order_id"], row["overdue"], row["sold"]) for row in rows]


_HELD_ORDERS = """
SELECT order_id, bool_or(status = 'committed') AS sold,
       coalesce(sum(quantity) FILTER (
           WHERE status = 'held' AND expires_at < now() - make_interval(secs => $1)
       ), 0) AS overdue
FROM stock_reservations WHERE order_id > $2 GROUP BY order_id ORDER BY order_id LIMIT $3
"""


async def existing_orders(connection: Any, order_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these ids are orders."""
    rows = await connection.fetch("SELECT id FROM orders WHERE id = ANY($1)", order_ids)
    return {row["id"] for row in rows}
