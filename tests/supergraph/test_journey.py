"""A customer's way through the shop, as a mobile client goes it: over HTTP, through the router, on real data."""

from __future__ import annotations

import time
import uuid
from typing import Any

from tests.supergraph.conftest import Client, Shop

_REGISTER = """
mutation Register($input: RegisterInput!) {
  register(input: $input) { user { id } tokens { accessToken refreshToken } errors { code message path } }
}
"""
_LOGIN = """
mutation LogIn($email: String!, $password: String!) {
  login(email: $email, password: $password) {
    tokens { accessToken refreshToken expiresIn tokenType } user { id } errors { code message }
  }
}
"""
_BROWSE = """
query Browse {
  categories { name children { name products(first: 2, sort: BEST_RATED) { nodes { name price { amount } } } } }
}
"""
_SEARCH = """
query Search($text: String!) {
  search(query: $text, filter: {inStock: true}, first: 5) {
    totalCount
    edges { node { id name price { amount currency } availability { availableQuantity } } }
  }
}
"""
_ADD_TO_CART = """
mutation Add($id: ID!, $quantity: Int!) {
  addToCart(productId: $id, quantity: $quantity) {
    cart {
      id version totalQuantity subtotal { amount currency }
      lines { quantity lineTotal { amount } product { name } }
    }
    errors { code message }
  }
}
"""
_ADD_ADDRESS = """
mutation Address($input: AddressInput!) { addAddress(input: $input) { address { id isDefault } errors { code path } } }
"""
_CHECKOUT = """
mutation CheckOut($input: CheckoutInput!) {
  checkout(input: $input) {
    replayed
    nextAction { kind }
    order { id orderNumber status checkoutState total { amount currency } }
    errors { __typename code message path }
  }
}
"""
_ORDER = """
query Order($number: String!) {
  order(by: {orderNumber: $number}) {
    status
    items {
      quantity productName unitPrice { amount }
      product { slug reviews(first: 2) { edges { node { rating author { displayName } } } } }
    }
    payment { status amount { amount } capturedAmount { amount } attempts { status } }
    amountDue { amount }
    history { status }
    buyer { email }
  }
}
"""
_INBOX = """
query Inbox { me { unreadNotificationCount notifications(first: 10) { edges { node {
  id category title message status order { orderNumber status }
} } } } }
"""
_ADDRESS = {
    "type": "SHIPPING",
    "street": "1 Harbour Road",
    "city": "Portland",
    "state": "OR",
    "zipCode": "97201",
    "country": "US",
}


def _newcomer(shop: Shop) -> tuple[Client, str]:
    client = shop.client()
    email = f"newcomer-{uuid.uuid4().hex[:12]}@example.com"
    password = "correct horse battery staple"
    person = {"email": email, "password": password, "firstName": "Nia", "lastName": "Newcomer"}
    assert client.ask(_REGISTER, {"input": person})["register"]["errors"] == []
    payload = client.ask(_LOGIN, {"email": email, "password": password})["login"]
    assert payload["errors"] == []
    assert payload["tokens"]["tokenType"] == "Bearer"
    client.token = payload["tokens"]["accessToken"]
    return client, email


def _eventually(read: Any, seconds: float = 15) -> Any:
    """What ``read`` gives once it gives something; events take a moment."""
    deadline = time.monotonic() + seconds
    while True:
        found = read()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def test_a_newcomer_buys_something_and_is_told(shop: Shop) -> None:
    client, email = _newcomer(shop)
    shelves = client.ask(_BROWSE)["categories"]
    assert len(shelves) == 8
    assert all(node["price"] for shelf in shelves for child in shelf["children"] for node in child["products"]["nodes"])

    found = client.ask(_SEARCH, {"text": "headphones"})["search"]
    assert found["totalCount"] > 5
    product = next(edge["node"] for edge in found["edges"] if edge["node"]["availability"]["availableQuantity"] > 5)

    payload = client.ask(_ADD_TO_CART, {"id": product["id"], "quantity": 2})["addToCart"]
    assert payload["errors"] == []
    cart = payload["cart"]
    assert cart["lines"][0]["product"]["name"] == product["name"]
    assert float(cart["subtotal"]["amount"]) == 2 * float(product["price"]["amount"])

    address = client.ask(_ADD_ADDRESS, {"input": _ADDRESS})["addAddress"]
    assert address["errors"] == []
    order_input = {
        "idempotencyKey": str(uuid.uuid4()),
        "cartVersion": cart["version"],
        "expectedTotal": cart["subtotal"]["amount"],
        "currency": cart["subtotal"]["currency"],
        "shippingAddressId": address["address"]["id"],
        "paymentToken": "tok_visa",
    }
    placed = client.ask(_CHECKOUT, {"input": order_input})["checkout"]
    assert placed["errors"] == []
    assert (placed["order"]["status"], placed["order"]["checkoutState"]) == ("CONFIRMED", "COMPLETED")
    assert placed["replayed"] is False

    again = client.ask(_CHECKOUT, {"input": order_input})["checkout"]
    assert again["replayed"] is True
    assert again["order"]["id"] == placed["order"]["id"]

    order = client.ask(_ORDER, {"number": placed["order"]["orderNumber"]})["order"]
    assert [(item["quantity"], item["productName"]) for item in order["items"]] == [(2, product["name"])]
    assert order["payment"]["status"] == "COMPLETED"
    assert order["payment"]["capturedAmount"] == {"amount": placed["order"]["total"]["amount"]}
    assert order["amountDue"] == {"amount": "0.00"}
    assert [step["status"] for step in order["history"]] == ["PENDING", "CONFIRMED"]
    assert order["buyer"] == {"email": email}

    def told() -> list[Any]:
        edges = client.ask(_INBOX)["me"]["notifications"]["edges"]
        return [edge["node"] for edge in edges if edge["node"]["order"]]

    news = _eventually(told)
    assert {note["order"]["orderNumber"] for note in news} == {placed["order"]["orderNumber"]}
    assert any(note["category"] == "order_update" for note in news)

    after = client.ask(_SEARCH, {"text": product["name"]})["search"]["edges"]
    left = next(edge["node"] for edge in after if edge["node"]["id"] == product["id"])
    assert left["availability"]["availableQuantity"] == product["availability"]["availableQuantity"] - 2


def test_a_declined_card_leaves_the_order_unpaid_and_says_so(shop: Shop) -> None:
    client, _ = _newcomer(shop)
    product = client.ask(_SEARCH, {"text": "mug"})["search"]["edges"][0]["node"]
    cart = client.ask(_ADD_TO_CART, {"id": product["id"], "quantity": 1})["addToCart"]["cart"]
    order_input = {
        "idempotencyKey": str(uuid.uuid4()),
        "cartVersion": cart["version"],
        "expectedTotal": cart["subtotal"]["amount"],
        "currency": "USD",
        "shippingAddress": {key: value for key, value in _ADDRESS.items() if key != "type"},
        "paymentToken": "tok_declined",
    }
    payload = client.ask(_CHECKOUT, {"input": order_input})["checkout"]
    assert [error["__typename"] for error in payload["errors"]] == ["PaymentDeclinedError"]
    assert payload["order"]["status"] == "PENDING"


def test_a_session_that_was_ended_is_refused_at_once(shop: Shop) -> None:
    client, _ = _newcomer(shop)
    assert client.ask("{ me { emailVerified } }")["me"] is not None
    assert client.ask("mutation { logout { ok errors { code } } }")["logout"] == {"ok": True, "errors": []}
    answer = client.http.post(
        "/graphql", json={"query": "{ me { id } }"}, headers={"authorization": f"Bearer {client.token}"}
    )
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_nobody_reads_what_is_somebody_elses(shop: Shop) -> None:
    owner = shop.client().log_in("ada@example.com")
    orders = owner.ask("{ me { orders(first: 1) { nodes { id orderNumber } } } }")["me"]["orders"]["nodes"]
    stranger, _ = _newcomer(shop)
    answer = stranger.send("query($id: ID!) { order(by: {id: $id}) { status } }", {"id": orders[0]["id"]})
    assert answer["data"] == {"order": None}
    anonymous = shop.client().send("{ me { email } }")
    assert anonymous["data"] == {"me": None}
    assert anonymous["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
