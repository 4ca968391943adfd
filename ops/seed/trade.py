"""Rows of the order and payment databases: orders in all states with their history, carts, payments and refunds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random

from ops.seed.rows import Row, Table
from ops.seed.world import EPOCH, Order, Person, World, entity_id
from subgraphs.order.domain.order_number import new_order_number
from subgraphs.order.domain.pricing import PricedLine, Totals, order_totals

__all__ = ["order_number", "tables"]

_CURRENCY = "USD"
_PATHS = {
    "pending": ("pending",),
    "confirmed": ("pending", "confirmed"),
    "processing": ("pending", "confirmed", "processing"),
    "shipped": ("pending", "confirmed", "processing", "shipped"),
    "delivered": ("pending", "confirmed", "processing", "shipped", "delivered"),
    "cancelled": ("pending", "confirmed", "cancelled"),
}
_HOURS_TO_NEXT = (0, 0.02, 4, 20, 70)
_BRANDS = ("Visa", "Mastercard", "American Express")


def tables(world: World) -> tuple[Table, ...]:
    """Every table of both databases that the demo shop fills."""
    orders = world.person_count * 10
    stream = partial(_orders, world)
    return (
        Table(
            "order",
            "orders",
            "id order_number user_id status subtotal shipping_cost tax total currency shipping_address "
            "billing_address payment_method tracking_number contact_email cancel_reason version created_at updated_at",
            orders,
            lambda: order_rows(stream()),
        ),
        Table(
            "order",
            "order_items",
            "id order_id product_id product_name product_sku quantity unit_price subtotal position "
            "created_at updated_at",
            orders * 3,
            lambda: item_rows(stream()),
        ),
        Table(
            "order",
            "order_status_history",
            "id order_id status notes actor_id actor_kind reason created_at updated_at",
            orders * 4,
            lambda: history_rows(stream(), world),
        ),
        Table(
            "order",
            "checkout_sagas",
            "order_id user_id step attempts created_at updated_at",
            orders,
            lambda: saga_rows(stream()),
        ),
        Table(
            "order",
            "shopping_carts",
            "id user_id items version created_at updated_at",
            world.person_count // 3,
            lambda: cart_rows(world),
        ),
        Table(
            "payment",
            "payments",
            "id order_id user_id amount currency status payment_method transaction_id gateway_response processed_at "
            "authorized_amount captured_amount refunded_amount method_summary created_at updated_at",
            orders,
            lambda: payment_rows(stream()),
        ),
        Table(
            "payment",
            "payment_attempts",
            "id payment_id idempotency_key request_hash status amount provider provider_reference error_code "
            "created_at updated_at",
            orders,
            lambda: attempt_rows(stream()),
        ),
        Table(
            "payment",
            "refunds",
            "id payment_id amount reason status transaction_id processed_at restock created_at updated_at",
            orders // 6,
            lambda: refund_rows(stream()),
        ),
        Table(
            "payment",
            "payment_methods",
            "id user_id type provider last_four_digits expiry_month expiry_year brand is_default provider_token "
            "fingerprint created_at updated_at",
            world.person_count,
            lambda: method_rows(world.people()),
        ),
    )


def order_number(order: Order) -> str:
    """The number people see; the same for the same order on every machine."""
    return new_order_number(order.placed_at.date(), Random(f"stoa:number:{order.ordinal}").randrange)  # noqa: S311


def order_rows(orders: Iterable[Order]) -> Iterator[Row]:
    for order in orders:
        totals, address = _totals(order), _address(order.person)
        sent = order.status in ("shipped", "delivered")
        yield (
            order.id,
            order_number(order),
            order.person.id,
            order.status,
            totals.subtotal,
            totals.shipping,
            totals.tax,
            totals.total,
            _CURRENCY,
            address,
            address,
            "credit_card",
            f"1Z{order.id.hex[:16].upper()}" if sent else None,
            order.person.email,
            "Changed my mind" if order.status == "cancelled" else None,
            len(_PATHS[order.status]),
            order.placed_at,
            _changed_at(order, len(_PATHS[order.status]) - 1),
        )


def item_rows(orders: Iterable[Order]) -> Iterator[Row]:
    for order in orders:
        for position, item in enumerate(order.items):
            product = item.product
            yield (
                entity_id("item", order.ordinal, position),
                order.id,
                product.id,
                product.name,
                product.sku,
                item.quantity,
                product.price,
                item.subtotal,
                position,
                order.placed_at,
                order.placed_at,
            )


def history_rows(orders: Iterable[Order], world: World) -> Iterator[Row]:
    fulfilment = world.person(3).id
    actors = {
        "pending": ("customer", "checkout"),
        "confirmed": ("system", "payment_captured"),
        "cancelled": ("customer", "customer_request"),
    }
    for order in orders:
        for step, status in enumerate(_PATHS[order.status]):
            kind, reason = actors.get(status, ("staff", "fulfilment"))
            actor = {"customer": order.person.id, "staff": fulfilment, "system": None}[kind]
            at = _changed_at(order, step)
            yield (entity_id("history", order.ordinal, step), order.id, status, None, actor, kind, reason, at, at)


def saga_rows(orders: Iterable[Order]) -> Iterator[Row]:
    steps = {"pending": "declined", "cancelled": "failed"}
    for order in orders:
        step = steps.get(order.status, "confirmed")
        yield order.id, order.person.id, step, 1, order.placed_at, _changed_at(order, 1)


def cart_rows(world: World) -> Iterator[Row]:
    for person in world.people():
        if person.index % 3 == 0:
            random = Random(f"stoa:cart:{person.index}")  # noqa: S311 - demo data
            chosen = dict.fromkeys(random.randrange(world.product_count) for _ in range(random.randrange(1, 4)))
            added = EPOCH - timedelta(hours=random.randrange(1, 200))
            lines = [
                {
                    "product_id": str(entity_id("product", index)),
                    "quantity": random.randrange(1, 3),
                    "added_at": added.isoformat(),
                }
                for index in chosen
            ]
            yield entity_id("cart", person.index), person.id, json.dumps(lines), len(lines) + 1, added, added


def payment_rows(orders: Iterable[Order]) -> Iterator[Row]:
    for order in orders:
        total = _totals(order).total
        paid = order.status != "pending"
        at = _changed_at(order, 1)
        yield (
            entity_id("payment", order.ordinal),
            order.id,
            order.person.id,
            total,
            _CURRENCY,
            _payment_status(order),
            "credit_card",
            _reference(order),
            json.dumps({"outcome": "captured" if paid else "declined"}),
            at,
            total if paid else Decimal(0),
            total if paid else Decimal(0),
            _refunded(order),
            _card(order.person)[0],
            order.placed_at,
            at,
        )


def attempt_rows(orders: Iterable[Order]) -> Iterator[Row]:
    for order in orders:
        paid = order.status != "pending"
        yield (
            entity_id("attempt", order.ordinal),
            entity_id("payment", order.ordinal),
            f"{order.id}:1",
            order.id.hex * 2,
            "completed" if paid else "failed",
            _totals(order).total,
            "simulator",
            _reference(order),
            None if paid else "insufficient_funds",
            order.placed_at,
            _changed_at(order, 1),
        )


def refund_rows(orders: Iterable[Order]) -> Iterator[Row]:
    for order in orders:
        if order.refunded_share:
            at = _changed_at(order, len(_PATHS[order.status]) - 1) + timedelta(hours=1)
            whole = order.refunded_share == 100
            yield (
                entity_id("refund", order.ordinal),
                entity_id("payment", order.ordinal),
                _refunded(order),
                "Order cancelled" if whole else "Partly damaged",
                "completed",
                f"re_{order.id.hex[:24]}",
                at,
                whole,
                at,
                at,
            )


def method_rows(people: Iterable[Person]) -> Iterator[Row]:
    for person in people:
        _, brand, digits = _card(person)
        yield (
            entity_id("method", person.index),
            person.id,
            "credit_card",
            "simulator",
            digits,
            person.index % 12 + 1,
            2028 + person.index % 4,
            brand,
            True,
            "tok_visa",
            f"demo-{person.index}",
            person.joined_at,
            person.joined_at,
        )


def _orders(world: World) -> Iterator[Order]:
    for person in world.people():
        yield from world.orders_of(person)


def _totals(order: Order) -> Totals:
    lines = [
        PricedLine(item.product.id, item.product.sku, item.product.name, item.quantity, item.product.price, _CURRENCY)
        for item in order.items
    ]
    return order_totals(lines, _CURRENCY)


def _refunded(order: Order) -> Decimal:
    return (_totals(order).total * order.refunded_share / 100).quantize(Decimal("0.01"))


def _payment_status(order: Order) -> str:
    if order.status == "pending":
        return "failed"
    return {0: "completed", 100: "refunded"}.get(order.refunded_share, "partially_refunded")


def _reference(order: Order) -> str:
    return f"pi_{order.id.hex[:24]}"


def _card(person: Person) -> tuple[str, str, str]:
    brand = _BRANDS[person.index % 3]
    digits = f"{person.index * 7919 % 10_000:04d}"
    return f"{brand} •••• {digits}", brand, digits


def _changed_at(order: Order, step: int) -> datetime:
    hours = sum(_HOURS_TO_NEXT[: step + 1])
    return min(order.placed_at + timedelta(hours=hours), EPOCH)


def _address(person: Person) -> str:
    city, state, zip_code, country = person.place
    return json.dumps(
        {
            "recipient": f"{person.first_name} {person.last_name}",
            "street": person.street,
            "street2": None,
            "city": city,
            "state": state,
            "zipCode": zip_code,
            "country": country,
            "phone": person.phone,
        }
    )
