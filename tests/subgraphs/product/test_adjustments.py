"""Counting stock anew: once per key, never below what orders hold, units conserved under races (D40)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.product.tables import DB
from tests.fixtures.rooms import RoomClient

CLERK = UUID(int=12)
AS_CLERK: dict[str, Any] = {"as_user": CLERK, "scopes": ["stock:write", "catalog:read"]}
ADJUST = """mutation($product: ID!, $delta: Int!, $reason: String!, $key: ID!) {
  result: adjustStock(productId: $product, delta: $delta, reason: $reason, idempotencyKey: $key) {
    product { id version stock { onHand reserved available } } errors { __typename code path } } }"""
RESERVE = """mutation($order: ID!, $lines: [StockLine!]!) {
  result: reserveStock(orderId: $order, lines: $lines, ttlSeconds: 900) { ok } }"""


async def adjust(
    room: RoomClient, product: object, delta: int, key: str | None = None, reason: str = "count", **caller: Any
) -> dict[str, Any]:
    variables = {"product": str(product), "delta": delta, "reason": reason, "key": key or str(uuid4())}
    result: dict[str, Any] = (await room.query(ADJUST, variables, **{**AS_CLERK, **caller}))["result"]
    return result


async def reserve(room: RoomClient, product: UUID, quantity: int) -> bool:
    variables = {"order": str(uuid4()), "lines": [{"productId": str(product), "quantity": quantity}]}
    return bool((await room.query(RESERVE, variables, as_service="order"))["result"]["ok"])


def fault(result: dict[str, Any]) -> tuple[str, str, list[str]]:
    [error] = result["errors"]
    assert result["product"] is None
    return error["__typename"], error["code"], error["path"]


async def levels(product: UUID) -> tuple[int, int]:
    row = await DB.fetch_row("SELECT stock, reserved FROM products WHERE id = $1", product)
    return row["stock"], row["reserved"]


async def test_units_come_and_go(room: RoomClient, stockroom) -> None:
    product = await stockroom.product(stock=10)
    more = await adjust(room, product, 5, reason="  delivery ")
    assert more["errors"] == []
    assert more["product"]["stock"] == {"onHand": 15, "reserved": 0, "available": 15}
    assert more["product"]["version"] == 1
    assert (await adjust(room, product, -12))["product"]["stock"]["onHand"] == 3
    log = await DB.fetch(
        "SELECT row_id, action, actor_id, old_row, new_row FROM audit_log"
        " WHERE action = 'stock_adjusted' ORDER BY created_at"
    )
    assert tuple(log[0]) == (product, "stock_adjusted", CLERK, {"stock": 10}, {"stock": 15, "reason": "delivery"})
    [low] = await DB.fetch("SELECT type, payload FROM outbox WHERE type = 'stock.low'")
    assert (low["type"], low["payload"]["stock"]) == ("stock.low", 3)


async def test_a_repetition_changes_nothing_and_answers_the_first_result(room: RoomClient, stockroom) -> None:
    product = await stockroom.product(stock=10)
    first = await adjust(room, product, 5, key="k")
    await adjust(room, product, 100)
    assert await adjust(room, product, 5, key="k") == first
    assert await adjust(room, str(product).upper(), 5, key="k") == first
    for other in ({"delta": 6}, {"delta": 5, "reason": "theft"}):
        assert fault(await adjust(room, product, **{"key": "k", **other}))[1] == "IDEMPOTENCY_KEY_REUSED"
    assert (await adjust(room, product, 5, key="k", as_user=uuid4()))["product"]["stock"]["onHand"] == 120
    assert await levels(product) == (120, 0)


async def test_a_refused_request_may_be_tried_again_under_its_key(room: RoomClient, stockroom) -> None:
    product = await stockroom.product(stock=1)
    assert fault(await adjust(room, product, -2, key="k")) == ("ConflictError", "STOCK_RESERVED", ["delta"])
    assert await DB.fetch_value("SELECT count(*) FROM idempotency_keys") == 0
    await adjust(room, product, 1)
    assert (await adjust(room, product, -2, key="k"))["product"]["stock"]["onHand"] == 0


async def test_reserved_units_stay(room: RoomClient, stockroom) -> None:
    product = await stockroom.product(stock=10)
    assert await reserve(room, product, 4)
    assert fault(await adjust(room, product, -7)) == ("ConflictError", "STOCK_RESERVED", ["delta"])
    assert (await adjust(room, product, -6))["product"]["stock"] == {"onHand": 4, "reserved": 4, "available": 0}
    await DB.execute("UPDATE stock_reservations SET expires_at = now() - interval '1 s'")
    assert (await adjust(room, product, -1))["product"]["stock"] == {"onHand": 3, "reserved": 0, "available": 3}


async def test_one_key_many_times_at_once(room: RoomClient, stockroom) -> None:
    product = await stockroom.product(stock=10)
    results = await asyncio.gather(*(adjust(room, product, 5, key="double click") for _ in range(8)))
    assert [result["product"]["stock"]["onHand"] for result in results] == [15] * 8
    assert await levels(product) == (15, 0)
    assert await DB.fetch_value("SELECT count(*) FROM audit_log WHERE action = 'stock_adjusted'") == 1


async def test_parallel_adjustments_and_reservations_conserve_units(room: RoomClient, stockroom) -> None:
    products = [await stockroom.product(stock=20), await stockroom.product(stock=20)]
    places = asyncio.Semaphore(8)

    async def visit(number: int) -> tuple[int, int, int]:
        """Which product, units that came or went, units held."""
        which, delta = number % 2, (-5, 3, -2)[number % 3]
        async with places:
            if number % 4 == 0:
                return which, 0, 3 * await reserve(room, products[which], 3)
            result = await adjust(room, products[which], delta)
            return which, 0 if result["errors"] else delta, 0

    visits = await asyncio.gather(*(visit(number) for number in range(60)))
    for which, product in enumerate(products):
        mine = [visit for visit in visits if visit[0] == which]
        assert await levels(product) == (20 + sum(v[1] for v in mine), sum(v[2] for v in mine))


async def test_crossed_edits_baskets_and_counts_never_deadlock(room: RoomClient, stockroom) -> None:
    products = [await stockroom.product(sku=f"S-{number}", stock=1000) for number in range(6)]
    entries = [{"sku": f"S-{n}", "name": "Lamp", "price": "1", "currency": "USD", "images": []} for n in range(6)]
    bulk = "mutation($input: [ProductInput!]!) { result: bulkUpsertProducts(input: $input) { updated } }"
    places = asyncio.Semaphore(8)

    async def visit(number: int) -> None:
        back = -1 if number % 2 else 1
        async with places:
            if number % 3 == 0:
                await room.query(bulk, {"input": entries[::back]}, as_user=CLERK, scopes=["catalog:write"])
            elif number % 3 == 1:
                lines = [{"productId": str(product), "quantity": 1} for product in products[::back]]
                await room.query(RESERVE, {"order": str(uuid4()), "lines": lines}, as_service="order")
            else:
                await adjust(room, products[number % 6], 2)

    await asyncio.gather(*(visit(number) for number in range(60)))
    assert [await levels(product) for product in products] == [
        (1000 + 2 * sum(number % 3 == 2 and number % 6 == which for number in range(60)), 20) for which in range(6)
    ]
    assert await DB.fetch_value("SELECT min(version) FROM products") == 21


async def test_unacceptable_adjustments(room: RoomClient, stockroom) -> None:
    product = await stockroom.product(stock=10)
    archived = await stockroom.product(active=False)
    await DB.execute("UPDATE products SET deleted_at = now() WHERE id = $1", archived)
    invalid = "ValidationError"
    for values, expected in [
        ({"delta": 0}, (invalid, "QUANTITY_INVALID", ["delta"])),
        ({"delta": 1_000_001}, (invalid, "QUANTITY_INVALID", ["delta"])),
        ({"delta": -(2**31)}, (invalid, "QUANTITY_INVALID", ["delta"])),
        ({"reason": " "}, (invalid, "TEXT_EMPTY", ["reason"])),
        ({"reason": "x" * 1001}, (invalid, "TEXT_TOO_LONG", ["reason"])),
        ({"reason": "a\x00"}, (invalid, "TEXT_INVALID", ["reason"])),
        ({"key": "x" * 201}, (invalid, "TEXT_TOO_LONG", ["idempotencyKey"])),
        ({"key": "a\x00"}, (invalid, "TEXT_INVALID", ["idempotencyKey"])),
        ({"key": " "}, (invalid, "IDEMPOTENCY_KEY_INVALID", ["idempotencyKey"])),
        ({"product": uuid4()}, ("NotFoundError", "NOT_FOUND", ["productId"])),
        ({"product": "no id"}, ("NotFoundError", "NOT_FOUND", ["productId"])),
        ({"product": archived}, ("ConflictError", "PRODUCT_ARCHIVED", ["productId"])),
    ]:
        assert fault(await adjust(room, **{"product": product, "delta": 1, **values})) == expected
    await DB.execute("UPDATE products SET stock = 1000000000 WHERE id = $1", product)
    await DB.execute("DELETE FROM audit_log")
    assert fault(await adjust(room, product, 1)) == (invalid, "STOCK_TOO_LARGE", ["delta"])
    for table in ("idempotency_keys", "audit_log", "outbox"):
        assert await DB.fetch_value(f"SELECT count(*) FROM {table}") == 0


@pytest.mark.parametrize("caller", [{"as_user": uuid4(), "scopes": ["catalog:write"]}, {"as_service": "order"}])
async def test_only_stock_clerks(room: RoomClient, stockroom, caller: dict[str, Any]) -> None:
    product = await stockroom.product(stock=10)
    variables = {"product": str(product), "delta": 1, "reason": "r", "key": "k"}
    answer = await room.send(ADJUST, variables, **caller)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await room.send(ADJUST, variables))["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert await levels(product) == (10, 0)
