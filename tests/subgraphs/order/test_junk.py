"""Junk in every argument of every mutation of order: a typed answer, and neither cart, order nor stock is changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from tests.subgraphs.junk import assert_junk_changes_nothing
from tests.subgraphs.order.conftest import InsertOrders, Shop, add_product, put_in_cart

WHO = UUID(int=7)
STAFF = {"as_user": UUID(int=9), "scopes": ["orders:write", "orders:read"]}
ADDRESS = {
    "recipient": "Ada",
    "street": "Main 1",
    "street2": "2nd floor",
    "city": "Bonn",
    "state": "",
    "zipCode": "53111",
    "country": "DE",
    "phone": "+493012345678",
}


async def test_junk_is_answered_and_changes_nothing(shop: Shop, insert_orders: InsertOrders) -> None:
    lamp = await add_product(stock=10_000)
    await put_in_cart(WHO, lamp, 1)
    (order,) = map(str, await insert_orders(WHO))
    examples: dict[str, dict[str, Any]] = {
        "checkout": {
            "input": {
                "idempotencyKey": "k",
                "cartVersion": 99,
                "expectedTotal": "20.00",
                "currency": "USD",
                "shippingAddressId": str(uuid4()),
                "shippingAddress": ADDRESS,
                "billingAddressId": str(uuid4()),
                "billingAddress": ADDRESS,
                "paymentMethodId": str(uuid4()),
                "paymentToken": "tok_visa",
                "email": "ada@example.com",
                "notes": "ring twice",
            }
        },
        "addToCart": {"productId": str(lamp), "quantity": 1},
        "setCartLine": {"productId": str(lamp), "quantity": 1, "cartVersion": 99},
        "clearCart": {},
        "mergeGuestCart": {},  # its token is auth's to judge: see test_merge
        "retryPayment": {
            "orderId": order,
            "paymentMethodId": str(uuid4()),
            "paymentToken": "tok_visa",
            "idempotencyKey": "k",
        },
        "cancelOrder": {"id": str(uuid4()), "reason": "r"},
        "reorder": {"orderId": order},
        "transitionOrder": {"id": order, "to": "PROCESSING", "version": 99, "notes": "n"},
        "setTracking": {"id": order, "trackingNumber": "T-1"},
    }
    caller = {"": {"as_user": WHO}, "transitionOrder": STAFF, "setTracking": STAFF}
    before = await shop.stock(lamp)
    await assert_junk_changes_nothing(shop.order, examples, caller)
    assert await shop.stock(lamp) == before
