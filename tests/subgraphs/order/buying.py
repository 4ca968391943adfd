"""How the tests of the order room fill a cart, ask for a checkout and read what was told of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from tests.subgraphs.order.conftest import Shop

CHECKOUT = """mutation($input: CheckoutInput!) {
  checkout(input: $input) {
    replayed nextAction { kind url }
    order {
      id orderNumber status checkoutState version total { amount currency } shippingCost { amount } items { quantity }
      shippingAddress { street zipCode state recipient } billingAddress { street } history { status actor { id } }
    }
    errors { __typename code message path
      ... on OutOfStockError { productId requested available }
      ... on PriceChangedError { oldTotal { amount } newTotal { amount } }
      ... on PaymentDeclinedError { declineCode retryable }
      ... on ConflictError { currentVersion } }
  }
}"""
RETRY = """mutation($order: ID!, $token: String, $key: ID!) {
  retryPayment(orderId: $order, paymentToken: $token, idempotencyKey: $key) {
    replayed order { status checkoutState } errors { code path ... on PaymentDeclinedError { declineCode retryable } }
  }
}"""
ADD = "mutation($p: ID!, $q: Int!) { addToCart(productId: $p, quantity: $q) { cart { version } errors { code } } }"
BONN = {"recipient": "Ada", "street": "Main 1", "city": "Bonn", "zipCode": "53111", "country": "DE"}


async def fill(shop: Shop, user: UUID, product: UUID, quantity: int = 1) -> int:
    data = await shop.order.query(ADD, {"p": str(product), "q": quantity}, as_user=user)
    version: int = data["addToCart"]["cart"]["version"]
    return version


def wanted(version: int, total: str, **changes: Any) -> dict[str, Any]:
    return {
        "idempotencyKey": uuid4().hex,
        "cartVersion": version,
        "expectedTotal": total,
        "currency": "USD",
        "shippingAddress": BONN,
        "paymentToken": "tok_visa",
        **changes,
    }


async def buy(shop: Shop, user: UUID, input: dict[str, Any], **caller: Any) -> dict[str, Any]:
    data = await shop.order.query(CHECKOUT, {"input": input}, **(caller or {"as_user": user}))
    payload: dict[str, Any] = data["checkout"]
    return payload


async def events(database: Any) -> list[tuple[str, int]]:
    rows = await database.fetch("SELECT type, version FROM outbox ORDER BY id")
    return [(row["type"], row["version"]) for row in rows]
