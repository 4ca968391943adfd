"""What careless and hostile clients send to the whole shop: typed refusals, never an internal error or a leak."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest

from tests.supergraph.conftest import Client, Shop

_ADD = """
mutation Add($id: ID!, $quantity: Int! = 1) { addToCart(productId: $id, quantity: $quantity) {
  cart { version totalQuantity subtotal { amount currency } lines { product { name } } } errors { __typename code path }
} }
"""
_CHECKOUT = """
mutation CheckOut($input: CheckoutInput!) { checkout(input: $input) {
  order { checkoutState } errors { __typename code path ... on PaymentDeclinedError { declineCode } }
} }
"""
_ADDRESS = {"street": "1 Harbour Road", "city": "Portland", "state": "OR", "zipCode": "97201", "country": "US"}


def _guest(shop: Shop) -> Client:
    client = shop.client()
    payload = client.ask("mutation { createGuestSession { tokens { accessToken } errors { code } } }")
    client.token = payload["createGuestSession"]["tokens"]["accessToken"]
    return client


def _member(shop: Shop) -> Client:
    client = shop.client()
    person = {"email": f"careless-{uuid.uuid4().hex[:12]}@example.com", "password": "correct horse battery staple"}
    register = "mutation($p: RegisterInput!) { register(input: $p) { errors { code } } }"
    client.ask(register, {"p": {**person, "firstName": "Cara", "lastName": "Careless"}})
    return client.log_in(**person)


def _some_product(client: Client) -> str:
    products = client.ask("{ products(filter: {inStock: true}, first: 1, sort: PRICE_ASC) { nodes { id } } }")
    return str(products["products"]["nodes"][0]["id"])


def test_a_cart_holds_only_what_can_be_shown(shop: Shop) -> None:
    client = _guest(shop)
    for product in (str(uuid.uuid4()), "junk", "", "\x00"):
        payload = client.ask(_ADD, {"id": product})["addToCart"]
        assert payload == {
            "cart": None,
            "errors": [{"__typename": "NotFoundError", "code": "NOT_FOUND", "path": ["productId"]}],
        }
    cart = client.ask(_ADD, {"id": _some_product(client)})["addToCart"]["cart"]
    assert (cart["totalQuantity"], len(cart["lines"])) == (1, 1)


def test_a_guests_cart_is_merged_on_showing_the_guests_token(shop: Shop) -> None:
    guest, member = _guest(shop), _member(shop)
    product = _some_product(guest)
    guest.ask(_ADD, {"id": product, "quantity": 2})
    member.ask(_ADD, {"id": product})
    merge = "mutation($t: String!) { mergeGuestCart(guestToken: $t) { cart { totalQuantity } errors { code path } } }"
    refused = member.ask(merge, {"t": member.token})["mergeGuestCart"]
    assert refused["errors"] == [{"code": "GUEST_TOKEN_INVALID", "path": ["guestToken"]}]
    for _ in range(2):
        assert member.ask(merge, {"t": guest.token})["mergeGuestCart"] == {"cart": {"totalQuantity": 3}, "errors": []}
    assert guest.ask("{ me { cart { totalQuantity } } }")["me"]["cart"] == {"totalQuantity": 0}


@pytest.mark.parametrize(
    ("source", "decline", "argument"),
    [
        ({"paymentToken": ""}, "invalid_payment_token", "paymentToken"),
        ({"paymentToken": "4242424242424242"}, "card_number_refused", "paymentToken"),
        ({"paymentMethodId": "junk"}, "payment_method_not_found", "paymentMethodId"),
    ],
)
def test_means_of_payment_that_cannot_be_are_declined(
    shop: Shop, source: dict[str, str], decline: str, argument: str
) -> None:
    client = _member(shop)
    cart = client.ask(_ADD, {"id": _some_product(client)})["addToCart"]["cart"]
    order = {
        "idempotencyKey": str(uuid.uuid4()),
        "cartVersion": cart["version"],
        "expectedTotal": cart["subtotal"]["amount"],
        "currency": cart["subtotal"]["currency"],
        "shippingAddress": _ADDRESS,
    }
    payload = client.ask(_CHECKOUT, {"input": {**order, **source}})["checkout"]
    assert payload["order"] == {"checkoutState": "AWAITING_PAYMENT"}
    (error,) = payload["errors"]
    assert (error["__typename"], error["declineCode"]) == ("PaymentDeclinedError", decline)
    assert error["path"] == ["input", argument]


def _forge(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def test_forged_cursors_are_refused_by_every_list(shop: Shop) -> None:
    staff = shop.client().log_in("admin@example.com")
    lists = {
        "products": "products(first: 1, after: $c) { pageInfo { endCursor } }",
        "orders": "orders(first: 1, after: $c) { pageInfo { endCursor } }",
        "payments": "payments(first: 1, after: $c) { pageInfo { endCursor } }",
        "users": "users(first: 1, after: $c) { pageInfo { endCursor } }",
    }
    for name, field in lists.items():
        query = f"query($c: String) {{ {field} }}"
        cursor = staff.ask(query)[name]["pageInfo"]["endCursor"]
        sort, first, _ = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        forged = [
            "junk",
            _forge(sort),
            _forge(sort, first, 5),
            _forge(sort, "9999-12-31T23:59:59-14:00", "x"),
            _forge(5),
        ]
        for after in forged:
            answer = staff.send(query, {"c": after})
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID_CURSOR"], (name, after)
            assert answer["errors"][0]["path"] == [name]
        assert "errors" not in staff.send(query, {"c": cursor})


def test_an_impossible_key_leaves_its_neighbours_alone(shop: Shop) -> None:
    client = shop.client()
    slug = client.ask("{ products(first: 1) { nodes { slug } } }")["products"]["nodes"][0]["slug"]
    query = "query($a: String, $b: String) { a: product(by: {slug: $a}) { slug } b: product(by: {slug: $b}) { slug } }"
    assert client.ask(query, {"a": slug, "b": "a\x00b"}) == {"a": {"slug": slug}, "b": None}


def test_aliases_named_like_keys_change_nothing(shop: Shop) -> None:
    client = _member(shop)
    client.ask(_ADD, {"id": _some_product(client), "quantity": 2})
    plain = client.ask(
        "{ me { id email cart { id version lines { quantity product { id name } lineTotal { amount } } } } }"
    )
    renamed = client.ask(
        """{ me { id: email email: id cart { id: version version: id __typename: __typename
          lines { quantity: lineTotal { amount } lineTotal: quantity product { id: name name: id } } } } }"""
    )
    me, cart = plain["me"], plain["me"]["cart"]
    assert (renamed["me"]["id"], renamed["me"]["email"]) == (me["email"], me["id"])
    (line,), (other,) = cart["lines"], renamed["me"]["cart"]["lines"]
    assert (renamed["me"]["cart"]["id"], renamed["me"]["cart"]["version"]) == (cart["version"], cart["id"])
    assert other == {
        "quantity": line["lineTotal"],
        "lineTotal": line["quantity"],
        "product": {"id": line["product"]["name"], "name": line["product"]["id"]},
    }


_MINE = """
{ me { addresses { id } paymentMethods { id } notifications(first: 1) { edges { node { id } } }
  orders(first: 1) { nodes { id orderNumber payment { id } } } } mySessions { id } }
"""


def test_a_stranger_neither_reads_nor_touches_what_is_anothers(shop: Shop) -> None:
    owner, stranger = shop.client().log_in("ada@example.com"), _member(shop)
    mine = owner.ask(_MINE)
    me, order = mine["me"], mine["me"]["orders"]["nodes"][0]
    reads = """query($id: ID!, $number: String!, $payment: ID!) {
      a: order(by: {id: $id}) { id } b: order(by: {orderNumber: $number}) { id } c: payment(id: $payment) { id } }"""
    named = {"id": order["id"], "number": order["orderNumber"], "payment": order["payment"]["id"]}
    assert stranger.ask(reads, named) == {"a": None, "b": None, "c": None}
    ids: dict[str, Any] = {
        "markNotificationRead": me["notifications"]["edges"][0]["node"]["id"],
        "removeAddress": me["addresses"][0]["id"],
        "setDefaultAddress": me["addresses"][0]["id"],
        "removePaymentMethod": me["paymentMethods"][0]["id"],
        "setDefaultPaymentMethod": me["paymentMethods"][0]["id"],
        "revokeSession": mine["mySessions"][0]["id"],
    }
    for mutation, id in ids.items():
        answers = [
            stranger.ask(f"mutation($id: ID!) {{ r: {mutation}(id: $id) {{ errors {{ code path }} }} }}", {"id": each})
            for each in (id, str(uuid.uuid4()), "junk")
        ]
        assert answers == [{"r": {"errors": [{"code": "NOT_FOUND", "path": ["id"]}]}}] * 3, mutation
    assert owner.ask(_MINE) == mine


def test_a_root_field_lost_with_its_sibling_has_not_failed_itself(shop: Shop) -> None:
    answer = shop.client().send("{ categories { slug } products(first: 0) { totalCount } }")
    assert answer["data"] is None
    assert [error["path"] for error in answer["errors"]] == [["products"]]
