"""Rows of the notification database: who can be reached, and the inboxes that their orders filled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

from ops.seed.rows import Row, Table
from ops.seed.trade import order_number
from ops.seed.world import EPOCH, World, entity_id

__all__ = ["tables"]

_TOLD = {
    "confirmed": ("order_update", "Order confirmed", "Your order {number} is confirmed."),
    "shipped": ("order_update", "Order shipped", "Your order {number} is on its way."),
    "delivered": ("order_update", "Order delivered", "Your order {number} was delivered. Tell others how you like it."),
    "cancelled": ("order_update", "Order cancelled", "Your order {number} was cancelled and your money is on its way."),
}


def tables(world: World) -> tuple[Table, ...]:
    """Every table of the database that the demo shop fills; templates come with the migrations."""
    orders = world.person_count * 10
    return (
        Table(
            "notification",
            "recipients",
            "user_id email first_name locale email_notifications sms_notifications push_notifications account_version "
            "preferences_version phone role created_at updated_at",
            world.person_count,
            lambda: recipients(world),
        ),
        Table(
            "notification",
            "notifications",
            "id user_id type category title message status priority data read_at delivery_status event_id order_id "
            "created_at updated_at",
            orders,
            lambda: notifications(world),
        ),
        Table(
            "notification",
            "notification_logs",
            "id notification_id status sent_at created_at updated_at",
            orders,
            lambda: logs(world),
        ),
    )


def recipients(world: World) -> Iterator[Row]:
    for person in world.people():
        yield (
            person.id,
            person.email,
            person.first_name,
            ("en", "en", "pt-BR", "de")[person.index % 4],
            person.index % 7 != 0,
            person.index % 5 == 0,
            True,
            1,
            1,
            person.phone,
            "CUSTOMER" if person.role == "user" else person.role.upper(),
            person.joined_at,
            person.joined_at,
        )


def notifications(world: World) -> Iterator[Row]:
    for person in world.people():
        for order in world.orders_of(person):
            if order.status in _TOLD:
                category, title, message = _TOLD[order.status]
                number = order_number(order)
                at = min(order.placed_at + timedelta(days=1), EPOCH)
                read = EPOCH - order.placed_at > timedelta(days=60)
                yield (
                    entity_id("notification", order.ordinal),
                    person.id,
                    "in_app",
                    category,
                    title,
                    message.format(number=number),
                    "read" if read else "unread",
                    "normal",
                    json.dumps({"orderId": str(order.id), "orderNumber": number}),
                    at + timedelta(hours=2) if read else None,
                    "sent",
                    entity_id("event", order.ordinal),
                    order.id,
                    at,
                    at,
                )


def logs(world: World) -> Iterator[Row]:
    for person in world.people():
        for order in world.orders_of(person):
            if order.status in _TOLD:
                at = min(order.placed_at + timedelta(days=1), EPOCH)
                notification = entity_id("notification", order.ordinal)
                yield entity_id("delivery", order.ordinal), notification, "sent", at, at, at
