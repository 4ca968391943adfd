"""One object of every entity from the demo shop, by a statement that names it and its owner; arguments of fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.fixtures.rooms import RoomClient

_ADDRESS = {"type": "SHIPPING", "street": "1 Main", "city": "Reno", "state": "NV", "zipCode": "89501", "country": "US"}

ENTITIES: dict[tuple[str, str], str] = {
    ("auth", "User"): "SELECT id, id AS owner FROM users WHERE email = 'ada@example.com'",
    ("user", "User"): "SELECT user_id AS id, user_id AS owner FROM user_addresses ORDER BY id LIMIT 1",
    ("user", "PublicProfile"): "SELECT user_id AS id, user_id AS owner FROM user_profiles ORDER BY id LIMIT 1",
    ("user", "Address"): "SELECT id, user_id AS owner FROM user_addresses ORDER BY id LIMIT 1",
    ("product", "Product"): "SELECT id, NULL::uuid AS owner FROM products WHERE is_active ORDER BY id LIMIT 1",
    ("product", "Category"): "SELECT id, NULL::uuid AS owner FROM categories ORDER BY id LIMIT 1",
    ("product", "Review"): (
        "SELECT id, user_id AS owner, product_id FROM product_reviews WHERE status = 'published' ORDER BY id LIMIT 1"
    ),
    ("product", "User"): "SELECT user_id AS id, user_id AS owner FROM product_reviews ORDER BY id LIMIT 1",
    ("order", "Cart"): (
        "SELECT id, version, user_id AS owner FROM shopping_carts WHERE items <> '[]' ORDER BY id LIMIT 1"
    ),
    ("order", "Order"): "SELECT id, user_id AS owner FROM orders ORDER BY id LIMIT 1",
    ("order", "OrderItem"): (
        "SELECT i.id, o.user_id AS owner FROM order_items i JOIN orders o ON o.id = i.order_id ORDER BY i.id LIMIT 1"
    ),
    ("order", "Product"): "SELECT product_id AS id, NULL::uuid AS owner FROM order_items ORDER BY id LIMIT 1",
    ("order", "User"): "SELECT user_id AS id, user_id AS owner FROM orders ORDER BY id LIMIT 1",
    ("payment", "Order"): "SELECT order_id AS id, user_id AS owner FROM payments ORDER BY id LIMIT 1",
    ("payment", "Payment"): "SELECT id, user_id AS owner FROM payments ORDER BY id LIMIT 1",
    ("payment", "PaymentMethod"): "SELECT id, user_id AS owner FROM payment_methods ORDER BY id LIMIT 1",
    ("payment", "Refund"): (
        "SELECT r.id, p.user_id AS owner FROM refunds r JOIN payments p ON p.id = r.payment_id ORDER BY r.id LIMIT 1"
    ),
    ("payment", "User"): "SELECT user_id AS id, user_id AS owner FROM payments ORDER BY id LIMIT 1",
    ("notification", "Notification"): "SELECT id, user_id AS owner FROM notifications ORDER BY id LIMIT 1",
    ("notification", "Order"): (
        "SELECT order_id AS id, user_id AS owner FROM notifications WHERE order_id IS NOT NULL ORDER BY id LIMIT 1"
    ),
    ("notification", "User"): "SELECT user_id AS id, user_id AS owner FROM notifications ORDER BY id LIMIT 1",
}
"""A statement per subgraph and entity. Not here: CartLine, whose id tells what its holder was given, and the stubs of
PublicProfile, which cannot be entered."""

REQUIRED: dict[tuple[str, str], dict[str, Any]] = {
    ("payment", "Order"): {"total": {"amount": "10.00", "currency": "USD"}, "status": "CONFIRMED"},
    ("notification", "User"): {
        "preferences": {"emailNotifications": True, "smsNotifications": False, "pushNotifications": True}
    },
}
"""What a representation carries besides the key, for fields with @requires."""

ARGUMENTS = {
    "User.defaultAddress": "(type: SHIPPING)",
    "User.effectiveChannels": '(category: "order_update")',
    "Query.user": "(id: $id)",
    "Query.publicProfile": "(id: $id)",
    "Query.addressRules": '(country: "US")',
    "Query.product": "(by: {id: $id})",
    "Query.category": "(by: {id: $id})",
    "Query.review": "(id: $id)",
    "Query.search": '(query: "lamp")',
    "Query.order": "(by: {id: $id})",
    "Query.payment": "(id: $id)",
}
"""Arguments of fields that need some; ``$id`` is the specimen's."""

QUERIED = {
    "Query.user": "User",
    "Query.publicProfile": "PublicProfile",
    "Query.product": "Product",
    "Query.category": "Category",
    "Query.review": "Review",
    "Query.order": "Order",
    "Query.payment": "Payment",
}
"""Whose specimen a query asks for."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody's object that a mutation is about."""

    room: str
    statement: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments; a text ``$column`` is taken from the object's row."""
    staff: str = ""
    """The scope with which staff may do it, too."""


_PENDING_ORDER = "SELECT id, user_id AS owner FROM orders WHERE status = 'pending' ORDER BY id LIMIT 1"
_UNREAD = (
    "SELECT id, user_id AS owner FROM notifications WHERE status = 'unread' AND type = 'in_app' ORDER BY id LIMIT 1"
)
_REVIEW = {"input": {"productId": "$product_id", "rating": 1}}
SUBJECTS = {
    "revokeSession": Subject(
        "auth",
        "INSERT INTO sessions (user_id, expires_at) SELECT id, now() + interval '1 h' FROM users LIMIT 1 RETURNING id",
    ),
    "updateAddress": Subject("user", ENTITIES["user", "Address"], {"input": _ADDRESS}),
    "removeAddress": Subject("user", ENTITIES["user", "Address"]),
    "setDefaultAddress": Subject("user", ENTITIES["user", "Address"]),
    "updateReview": Subject("product", ENTITIES["product", "Review"], _REVIEW),
    "deleteReview": Subject("product", ENTITIES["product", "Review"], staff="reviews:moderate"),
    "setDefaultPaymentMethod": Subject("payment", ENTITIES["payment", "PaymentMethod"]),
    "removePaymentMethod": Subject("payment", ENTITIES["payment", "PaymentMethod"]),
    "markNotificationRead": Subject("notification", _UNREAD),
    "cancelOrder": Subject("order", _PENDING_ORDER, staff="orders:write"),
    "reorder": Subject("order", ENTITIES["order", "Order"]),
    "retryPayment": Subject("order", _PENDING_ORDER, {"idempotencyKey": "a stranger's", "paymentToken": "tok_visa"}),
}
"""Mutations of one person's object. Strangers must be refused and change nothing."""


@dataclass(frozen=True, slots=True)
class Followed:
    """An object whose changes a subscription tells: how it is asked for, what changes it, and the event of that."""

    entity: str
    declared: str
    passed: str
    event: str
    payload: Mapping[str, Any]
    """A text ``$column`` is taken from the object's row."""
    change: str = ""
    """What happens to ``$1`` before an event, where an event alone is no news."""


FOLLOWED = {
    "stockChanged": Followed(
        "Product",
        "($id: ID!)",
        "(productIds: [$id])",
        "stock.changed",
        {"product_ids": ["$id"]},
        "UPDATE products SET stock = stock + 1 WHERE id = $1",
    ),
    "orderStatusChanged": Followed(
        "Order",
        "($id: ID!)",
        "(orderId: $id)",
        "order.processing",
        {"order_id": "$id", "user_id": "$owner", "status": "processing"},
        "UPDATE orders SET version = version + 1 WHERE id = $1",
    ),
    "notificationReceived": Followed(
        "Notification", "", "", "notification.created", {"notification_id": "$id", "user_id": "$owner"}
    ),
}
"""By subscription."""


def filled(given: Any, found: Mapping[str, Any]) -> Any:
    """``given`` with the row's values in place of each ``$column``."""
    if isinstance(given, Mapping):
        return {key: filled(value, found) for key, value in given.items()}
    if isinstance(given, list):
        return [filled(value, found) for value in given]
    return found[given[1:]] if isinstance(given, str) and given.startswith("$") else given


async def specimen(room: RoomClient, statement: str) -> dict[str, Any]:
    """The row of an object of the demo shop."""
    row = await room.room.database.fetch_row(statement)
    assert row is not None, f"the demo shop has nothing for: {statement}"
    return {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}
