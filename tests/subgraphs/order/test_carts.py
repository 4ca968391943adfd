"""Carts on a real database: parallel edits lose nothing, versions are honoured, sums follow the representation."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from subgraphs.order.app import create_app
from subgraphs.order.tables import DB
from tests.fixtures.rooms import RoomClient, StartRoom
from tests.subgraphs.order.conftest import Counter, InsertOrders, add_product, put_in_cart

CART = "cart { id version totalQuantity lines { id quantity product { id } } }"
ERRORS = "errors { __typename code path ... on ConflictError { currentVersion } ... on ValidationError { constraint } }"
ADD = f"mutation($p: ID!, $q: Int! = 1) {{ addToCart(productId: $p, quantity: $q) {{ {CART} {ERRORS} }} }}"
SET = f"""mutation($p: ID!, $q: Int!, $v: Int) {{
  setCartLine(productId: $p, quantity: $q, cartVersion: $v) {{ {CART} {ERRORS} }}
}}"""
REORDER = f"mutation($id: ID!) {{ reorder(orderId: $id) {{ {CART} {ERRORS} }} }}"
PRICES = "... on Cart { subtotal { amount currency } warnings { code productId available } }"


@pytest.fixture
def order_room(counter: Counter) -> RoomClient:
    """The order room with a product room to ask."""
    return counter.order


async def add(client: RoomClient, user: Any, product: Any, quantity: int = 1) -> dict[str, Any]:
    data = await client.query(ADD, {"p": str(product), "q": quantity}, as_user=user)
    payload: dict[str, Any] = data["addToCart"]
    return payload


async def test_fifty_parallel_additions_are_fifty(order_room: RoomClient) -> None:
    user, product = uuid4(), await add_product()
    await asyncio.gather(*(add(order_room, user, product) for _ in range(50)))
    cart = (await add(order_room, user, await add_product()))["cart"]
    assert cart["totalQuantity"] == 51
    assert [line["quantity"] for line in cart["lines"]] == [50, 1]
    assert cart["version"] == 52  # created, fifty additions, one more


async def test_the_caps_are_kept_and_named(order_room: RoomClient) -> None:
    user, product = uuid4(), await add_product()
    await add(order_room, user, product, 99)
    payload = await add(order_room, user, product)
    assert payload["cart"] is None
    assert payload["errors"] == [
        {
            "__typename": "ValidationError",
            "code": "QUANTITY_LIMIT",
            "path": ["quantity"],
            "constraint": "quantity <= 99",
        }
    ]


async def test_only_what_is_sold_enters_a_cart(order_room: RoomClient) -> None:
    user, sold, withdrawn = uuid4(), await add_product(), await add_product(on_sale=False)
    version = (await add(order_room, user, sold))["cart"]["version"]
    missing = {"cart": None, "errors": [{"__typename": "NotFoundError", "code": "NOT_FOUND", "path": ["productId"]}]}
    for unknown in (uuid4(), withdrawn, "no uuid", ""):
        assert await add(order_room, user, unknown) == missing
        refused = await order_room.query(SET, {"p": str(unknown), "q": 1}, as_user=user)
        assert refused["setCartLine"] == missing
    await put_in_cart(user, withdrawn, 2)
    removed = (await order_room.query(SET, {"p": str(withdrawn), "q": 0}, as_user=user))["setCartLine"]["cart"]
    assert [line["product"] for line in removed["lines"]] == [{"id": str(sold)}]
    assert removed["version"] == version + 2  # put there, taken out; refusals left no trace


async def test_without_the_catalog_nothing_enters_a_cart(start_room: StartRoom, insert_orders: InsertOrders) -> None:
    user, product = uuid4(), uuid4()
    async with start_room("order", create_app, peers={"product": "http://127.0.0.1:1"}) as room:
        await put_in_cart(user, product, 1)
        (order,) = await insert_orders(user)
        for mutation, variables in (
            (ADD, {"p": str(product)}),
            (SET, {"p": str(product), "q": 2}),
            (REORDER, {"id": str(order)}),
        ):
            (payload,) = (await room.query(mutation, variables, as_user=user)).values()
            assert (payload["cart"], payload["errors"][0]["code"]) == (None, "SERVICE_UNAVAILABLE")
        data = await room.query(SET, {"p": str(product), "q": 0}, as_user=user)
        assert data["setCartLine"]["cart"]["lines"] == []  # taking out needs nobody


async def test_an_order_is_put_into_the_cart_again(order_room: RoomClient, insert_orders: InsertOrders) -> None:
    user = uuid4()
    (order,) = await insert_orders(user, items=3)
    nothing = await order_room.query(REORDER, {"id": str(order)}, as_user=user)
    assert nothing["reorder"] == {
        "cart": None,
        "errors": [{"__typename": "NotFoundError", "code": "NO_LONGER_SOLD", "path": ["orderId"]}],
    }
    known = [await add_product(), await add_product(on_sale=False)]
    for position, product in enumerate(known, start=1):
        await DB.execute("UPDATE order_items SET product_id = $1 WHERE position = $2", product, position)
    for quantity in (2, 4):
        cart = (await order_room.query(REORDER, {"id": str(order)}, as_user=user))["reorder"]["cart"]
        assert [(line["product"]["id"], line["quantity"]) for line in cart["lines"]] == [
            (str(product), quantity) for product in known
        ]
    foreign = await order_room.query(REORDER, {"id": str(order)}, as_user=uuid4(), scopes=("orders:read",))
    assert [error["code"] for error in foreign["reorder"]["errors"]] == ["NOT_FOUND"]


async def test_setting_a_line_honours_the_version(order_room: RoomClient) -> None:
    user, product = uuid4(), await add_product()
    version = (await add(order_room, user, product))["cart"]["version"]
    changed = (await order_room.query(SET, {"p": str(product), "q": 7, "v": version}, as_user=user))["setCartLine"]
    assert changed["cart"]["totalQuantity"] == 7
    stale = (await order_room.query(SET, {"p": str(product), "q": 1, "v": version}, as_user=user))["setCartLine"]
    assert stale["errors"][0] == {
        "__typename": "ConflictError",
        "code": "CART_CHANGED",
        "path": ["cartVersion"],
        "currentVersion": version + 1,
    }
    gone = (await order_room.query(SET, {"p": str(product), "q": 0}, as_user=user))["setCartLine"]
    assert gone["cart"]["lines"] == []


async def test_clearing_twice_raises_the_version_once(order_room: RoomClient) -> None:
    user = uuid4()
    version = (await add(order_room, user, await add_product()))["cart"]["version"]
    for _ in range(2):
        cart = (await order_room.query(f"mutation {{ clearCart {{ {CART} }} }}", as_user=user))["clearCart"]["cart"]
        assert (cart["lines"], cart["version"]) == ([], version + 1)


async def test_a_guest_has_a_cart_and_nobody_else_sees_it(order_room: RoomClient) -> None:
    guest, product = uuid4(), await add_product()
    cart = (await order_room.query(ADD, {"p": str(product)}, as_guest=guest))["addToCart"]["cart"]
    reference = {"__typename": "Cart", "id": cart["id"], "version": cart["version"]}
    assert await order_room.entities("... on Cart { id }", reference, as_guest=guest) == [{"id": cart["id"]}]
    assert await order_room.entities("... on Cart { id }", reference, as_user=uuid4()) == [None]
    refused = await order_room.send(
        "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { cart { id } } } }",
        {"r": [{"__typename": "User", "id": str(guest)}]},
        as_user=uuid4(),
    )
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert refused["data"]["_entities"] == [{"cart": None}]
    assert "errors" in await order_room.send(ADD, {"p": str(product)})


# -- sums from representations -----------------------------------------------------------------------------------------


def represented(cart: dict[str, Any], *products: dict[str, Any] | None, version: int | None = None) -> dict[str, Any]:
    lines = [{"product": product} for product in products]
    return {"__typename": "Cart", "id": cart["id"], "version": version or cart["version"], "lines": lines}


def product(price: str, available: int = 100, *, active: bool = True, currency: str = "USD") -> dict[str, Any]:
    return {
        "price": {"amount": price, "currency": currency},
        "active": active,
        "availability": {"availableQuantity": available},
    }


async def test_sums_and_warnings_match_lines_by_position(order_room: RoomClient) -> None:
    user, first, second, third = uuid4(), *[await add_product() for _ in range(3)]
    await add(order_room, user, first, 3)
    await add(order_room, user, second, 2)
    cart = (await add(order_room, user, third, 1))["cart"]
    reference = represented(cart, product("0.10"), product("19.99", 1), product("5.00", active=False))
    found = await order_room.entities(PRICES, reference, as_user=user)
    assert found == [
        {
            "subtotal": {"amount": "45.28", "currency": "USD"},
            "warnings": [
                {"code": "INSUFFICIENT_STOCK", "productId": str(second), "available": 1},
                {"code": "UNAVAILABLE", "productId": str(third), "available": 0},
            ],
        }
    ]
    assert (
        await order_room.statements(
            f"query($r: [_Any!]!) {{ _entities(representations: $r) {{ {PRICES} }} }}", {"r": [reference]}, as_user=user
        )
        == 1
    )


async def test_a_moved_cart_answers_no_sum(order_room: RoomClient) -> None:
    user, item = uuid4(), await add_product()
    cart = (await add(order_room, user, item))["cart"]
    await add(order_room, user, item)
    changed = {
        "subtotal": None,
        "warnings": [{"code": "CART_CHANGED", "productId": cart["id"], "available": None}],
    }
    assert await order_room.entities(PRICES, represented(cart, product("1.00")), as_user=user) == [changed]
    now = {**cart, "version": cart["version"] + 1}
    assert await order_room.entities(PRICES, represented(now), as_user=user) == [changed]  # a line is missing


@pytest.mark.parametrize("products", [[None], [{"price": None}], [{"price": {"currency": "USD"}}], [{"price": {}}]])
async def test_a_product_without_price_has_no_sum(order_room: RoomClient, products: list[Any]) -> None:
    user = uuid4()
    cart = (await add(order_room, user, await add_product()))["cart"]
    found = await order_room.entities("... on Cart { subtotal { amount } }", represented(cart, *products), as_user=user)
    assert found == [{"subtotal": None}]


async def test_a_line_total_costs_no_statement(order_room: RoomClient) -> None:
    user, item = uuid4(), await add_product()
    line = (await add(order_room, user, item, 3))["cart"]["lines"][0]
    reference = {"__typename": "CartLine", "id": line["id"], "product": product("1.10")}
    selection = "... on CartLine { quantity addedAt product { id } lineTotal { amount currency } }"
    (found,) = await order_room.entities(selection, reference, as_user=user)
    assert found is not None
    assert found["lineTotal"] == {"amount": "3.30", "currency": "USD"}
    assert found["product"] == {"id": str(item)}
    operation = f"query($r: [_Any!]!) {{ _entities(representations: $r) {{ {selection} }} }}"
    assert await order_room.statements(operation, {"r": [reference]}, as_user=user) == 0
    assert await order_room.entities(selection, {**reference, "id": "junk"}, as_user=user) == [None]


async def test_broken_rows_are_refused_by_the_database(order_room: RoomClient) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await DB.execute("INSERT INTO shopping_carts (user_id, items) VALUES ($1, '{}')", uuid4())
