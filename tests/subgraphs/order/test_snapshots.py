"""An order keeps what was bought as it was then, whatever becomes of the product (S-035, S-127)."""

from __future__ import annotations

from uuid import uuid4

from subgraphs.product.tables import DB as PRODUCT_DB
from tests.subgraphs.order.buying import buy, fill, wanted
from tests.subgraphs.order.conftest import Shop, add_product

_BOUGHT = """query($id: ID!) { order(by: {id: $id}) {
  total { amount } items { productName productSku quantity unitPrice { amount } subtotal { amount } } } }"""


async def test_renaming_repricing_and_archiving_leave_an_order_alone(shop: Shop) -> None:
    user, lamp = uuid4(), await add_product("20.00")
    payload = await buy(shop, user, wanted(await fill(shop, user, lamp, 2), "40"))
    assert payload["errors"] == []
    order = {"id": payload["order"]["id"]}
    before = await shop.order.query(_BOUGHT, order, as_user=user)
    [item] = before["order"]["items"]
    assert (item["productName"], item["unitPrice"], item["subtotal"]) == (
        "Blue lamp",
        {"amount": "20.00"},
        {"amount": "40.00"},
    )
    await PRODUCT_DB.execute(
        "UPDATE products SET name = 'Red lamp', sku = 'OTHER', price = 99, is_active = false, deleted_at = now() "
        "WHERE id = $1",
        lamp,
    )
    assert await shop.order.query(_BOUGHT, order, as_user=user) == before
