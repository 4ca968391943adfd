"""Stock for orders: all or nothing, once per order, never oversold, nothing lost (shop.md §5, D40)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID, uuid4

from subgraphs.kernel.consumer import apply_once
from subgraphs.kernel.events import Event
from subgraphs.product.events import on_payment_refunded
from subgraphs.product.service import stock
from subgraphs.product.tables import DB
from tests.fixtures.rooms import RoomClient

T = TypeVar("T")

RESULT = """
{ ok state expiresAt lines { productId sku name quantity unitPrice { amount currency } }
  shortages { productId requested available } }
"""
RESERVE = f"""mutation($order: ID!, $lines: [StockLine!]!, $ttl: Int!) {{
  result: reserveStock(orderId: $order, lines: $lines, ttlSeconds: $ttl) {RESULT} }}"""
COMMIT = f"mutation($order: ID!) {{ result: commitReservation(orderId: $order) {RESULT} }}"
RELEASE = f'mutation($order: ID!) {{ result: releaseReservation(orderId: $order, reason: "test") {RESULT} }}'

UNBALANCED = """
SELECT p.id FROM products p LEFT JOIN stock_reservations s ON s.product_id = p.id AND s.status = 'held'
GROUP BY p.id HAVING p.reserved <> coalesce(sum(s.quantity), 0)
"""


def lines(wanted: Mapping[UUID, int]) -> list[dict[str, Any]]:
    return [{"productId": str(product), "quantity": quantity} for product, quantity in wanted.items()]


async def reserve(room: RoomClient, order: UUID, wanted: Mapping[UUID, int], ttl: int = 900) -> dict[str, Any]:
    variables = {"order": str(order), "lines": lines(wanted), "ttl": ttl}
    result: dict[str, Any] = (await room.query(RESERVE, variables, as_service="order"))["result"]
    return result


async def commit(room: RoomClient, order: UUID) -> dict[str, Any]:
    result: dict[str, Any] = (await room.query(COMMIT, {"order": str(order)}, as_service="order"))["result"]
    return result


async def release(room: RoomClient, order: UUID) -> dict[str, Any]:
    result: dict[str, Any] = (await room.query(RELEASE, {"order": str(order)}, as_service="order"))["result"]
    return result


async def levels(product: UUID) -> tuple[int, int]:
    """Units on hand and reserved."""
    row = await DB.fetch_row("SELECT stock, reserved FROM products WHERE id = $1", product)
    assert await DB.fetch(UNBALANCED) == []
    return row["stock"], row["reserved"]


async def crowd(visits: Iterable[Awaitable[T]], at_once: int = 8) -> list[T]:
    """All visits, so many at a time: the pool has ten connections, and waiting for one is not what is tested."""
    places = asyncio.Semaphore(at_once)

    async def visit(one: Awaitable[T]) -> T:
        async with places:
            return await one

    return await asyncio.gather(*(visit(one) for one in visits))


async def let_time_pass(order: UUID) -> None:
    """The order's deadline is over."""
    await DB.execute("UPDATE stock_reservations SET expires_at = now() - interval '1 s' WHERE order_id = $1", order)


async def test_hold_commit_and_their_repetitions(room: RoomClient, stockroom) -> None:
    product, order = await stockroom.product("Lamp", stock=10, price="9.90", sku="L-1"), uuid4()
    first = await reserve(room, order, {product: 3})
    assert first["ok"]
    assert first["state"] == "HELD"
    assert first["expiresAt"] is not None
    assert first["lines"] == [
        {
            "productId": str(product),
            "sku": "L-1",
            "name": "Lamp",
            "quantity": 3,
            "unitPrice": {"amount": "9.90", "currency": "USD"},
        }
    ]
    assert await levels(product) == (10, 3)
    await DB.execute("UPDATE products SET price = 99 WHERE id = $1", product)
    assert await reserve(room, order, {product: 3}) == first  # the price quoted first
    assert await levels(product) == (10, 3)
    for _ in range(2):
        committed = await commit(room, order)
        assert (committed["ok"], committed["state"]) == (True, "COMMITTED")
        assert await levels(product) == (7, 0)
    assert (await reserve(room, order, {product: 3}))["state"] == "COMMITTED"
    assert await levels(product) == (7, 0)


async def test_lines_of_one_product_add_up(room: RoomClient, stockroom) -> None:
    product, order = await stockroom.product(stock=10), uuid4()
    twice = [*lines({product: 2}), *lines({product: 3})]
    result = await room.query(RESERVE, {"order": str(order), "lines": twice, "ttl": 60}, as_service="order")
    assert [line["quantity"] for line in result["result"]["lines"]] == [5]


async def test_all_or_nothing(room: RoomClient, stockroom) -> None:
    plenty, scarce = await stockroom.product(stock=10), await stockroom.product(stock=1)
    hidden, unknown = await stockroom.product(active=False), uuid4()
    wanted = {plenty: 2, scarce: 2, hidden: 1, unknown: 1}
    result = await reserve(room, uuid4(), wanted)
    assert not result["ok"]
    assert result["state"] == "OUT_OF_STOCK"
    assert result["lines"] == []
    assert {(UUID(each["productId"]), each["requested"], each["available"]) for each in result["shortages"]} == {
        (scarce, 2, 1),
        (hidden, 1, 0),
        (unknown, 1, 0),
    }
    assert await levels(plenty) == (10, 0)
    assert await levels(scarce) == (1, 0)


async def test_release_is_final_and_also_restocks(room: RoomClient, stockroom) -> None:
    product, held, sold = await stockroom.product(stock=10), uuid4(), uuid4()
    await reserve(room, held, {product: 2})
    await reserve(room, sold, {product: 3})
    await commit(room, sold)
    assert await levels(product) == (7, 2)
    for order in (held, sold):
        for _ in range(2):
            released = await release(room, order)
            assert (released["ok"], released["state"]) == (True, "RELEASED")
    assert await levels(product) == (10, 0)
    late = await reserve(room, held, {product: 2})
    assert (late["ok"], late["state"]) == (False, "RELEASED")
    assert (await commit(room, held))["ok"] is False
    assert await levels(product) == (10, 0)
    assert (await release(room, uuid4()))["state"] == "NONE"
    assert (await commit(room, uuid4()))["state"] == "NONE"


async def test_an_overdue_hold_is_not_committed_and_may_be_taken_again(room: RoomClient, stockroom) -> None:
    product, order = await stockroom.product(stock=3), uuid4()
    await reserve(room, order, {product: 2})
    await let_time_pass(order)
    expired = await commit(room, order)
    assert (expired["ok"], expired["state"]) == (False, "EXPIRED")
    assert await levels(product) == (3, 0)
    assert (await reserve(room, order, {product: 2}))["state"] == "HELD"
    assert await levels(product) == (3, 2)
    await let_time_pass(order)
    assert (await reserve(room, order, {product: 2}))["state"] == "HELD"  # overdue, not swept yet
    assert await levels(product) == (3, 2)
    assert (await commit(room, order))["ok"]


async def test_overdue_holds_of_others_are_available(room: RoomClient, stockroom) -> None:
    first, second = await stockroom.product(stock=2), await stockroom.product(stock=2)
    slow, quick = uuid4(), uuid4()
    await reserve(room, slow, {first: 2, second: 2})
    assert (await reserve(room, quick, {first: 1}))["state"] == "OUT_OF_STOCK"
    await let_time_pass(slow)
    assert (await reserve(room, quick, {first: 1}))["ok"]
    assert await levels(first) == (2, 1)
    assert (await commit(room, slow))["state"] == "EXPIRED"  # one line ran out: the whole hold did
    assert await levels(second) == (2, 0)


async def test_the_sweeper_gives_overdue_holds_back(room: RoomClient, stockroom) -> None:
    product, overdue, running = await stockroom.product(stock=5), uuid4(), uuid4()
    await reserve(room, overdue, {product: 2})
    await reserve(room, running, {product: 1})
    await let_time_pass(overdue)
    assert await stock.sweep() == 1
    assert await stock.sweep() == 0
    assert await levels(product) == (5, 1)


async def test_an_order_does_not_hold_two_things(room: RoomClient, stockroom) -> None:
    product, order = await stockroom.product(stock=5), uuid4()
    await reserve(room, order, {product: 2})
    answer = await room.send(
        RESERVE, {"order": str(order), "lines": lines({product: 3}), "ttl": 900}, as_service="order"
    )
    assert answer["errors"][0]["extensions"]["code"] == "RESERVATION_DIFFERS"
    assert await levels(product) == (5, 2)


_JUNK: list[tuple[dict[str, Any], str]] = [
    ({"lines": []}, "LINES_INVALID"),
    ({"lines": [{"productId": str(UUID(int=1)), "quantity": 0}]}, "QUANTITY_INVALID"),
    ({"lines": [{"productId": str(UUID(int=1)), "quantity": -5}]}, "QUANTITY_INVALID"),
    ({"lines": [{"productId": "x", "quantity": 1}]}, "NOT_FOUND"),
    ({"order": "x"}, "NOT_FOUND"),
    ({"ttl": 0}, "TTL_INVALID"),
    ({"ttl": 10**9}, "TTL_INVALID"),
]


async def test_junk_is_refused(room: RoomClient) -> None:
    for change, code in _JUNK:
        variables = {"order": str(uuid4()), "lines": lines({uuid4(): 1}), "ttl": 60, **change}
        answer = await room.send(RESERVE, variables, as_service="order")
        assert answer["errors"][0]["extensions"]["code"] == code


async def test_only_sibling_services_hold_stock(room: RoomClient, stockroom) -> None:
    product, order = await stockroom.product(), str(uuid4())
    variables = {"order": order, "lines": lines({product: 1}), "ttl": 60}
    callers: list[dict[str, Any]] = [{}, {"as_user": uuid4()}, {"scopes": ["catalog:write", "stock:write"]}]
    for caller in callers:
        for operation in (RESERVE, COMMIT, RELEASE):
            given = variables if operation is RESERVE else {"order": order}
            answer = await room.send(operation, given, **caller)
            assert answer["errors"][0]["extensions"]["code"] in ("FORBIDDEN", "UNAUTHENTICATED")
    assert await levels(product) == (10, 0)


async def test_the_last_units_are_sold_once(room: RoomClient, stockroom) -> None:
    product = await stockroom.product(stock=7)
    orders = [uuid4() for _ in range(40)]
    results = await crowd(reserve(room, order, {product: 1}) for order in orders)
    assert sum(result["ok"] for result in results) == 7
    assert await levels(product) == (7, 7)
    won = [order for order, result in zip(orders, results, strict=True) if result["ok"]]
    await crowd(commit(room, order) for order in won for _ in range(2))
    assert await levels(product) == (0, 0)


async def test_parallel_repetitions_hold_once(room: RoomClient, stockroom) -> None:
    product, order = await stockroom.product(stock=10), uuid4()
    results = await crowd(reserve(room, order, {product: 2}) for _ in range(10))
    assert all(result == results[0] for result in results)
    assert await levels(product) == (10, 2)


async def test_crossed_baskets_conserve_every_unit(room: RoomClient, stockroom) -> None:
    """Opposite orders of lines, repetitions, expiry, sweeps and sales at once: no deadlock, nothing lost or doubled."""
    dice = random.Random(4)  # noqa: S311
    products = [await stockroom.product(stock=40) for _ in range(4)]

    async def story() -> None:
        order = uuid4()
        wanted = {product: dice.randrange(1, 4) for product in dice.sample(products, dice.randrange(1, 5))}
        result = await reserve(room, order, wanted)
        if not result["ok"]:
            return
        end = dice.randrange(5)
        if end == 0:
            await release(room, order)
        elif end == 1:
            await let_time_pass(order)
            await asyncio.gather(stock.sweep(), commit(room, order))
        elif end == 2:
            await asyncio.gather(commit(room, order), release(room, order))
        else:
            await asyncio.gather(commit(room, order), commit(room, order))

    await crowd((story() for _ in range(60)), at_once=4)
    sold = {
        row[0]: row[1]
        for row in await DB.fetch(
            "SELECT product_id, sum(quantity) FROM stock_reservations WHERE status = 'committed' GROUP BY product_id"
        )
    }
    for product in products:
        on_hand, _ = await levels(product)
        assert on_hand + sold.get(product, 0) == 40
    deadlocks = await DB.fetch_value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert deadlocks == 0


async def test_running_low_is_told_once(room: RoomClient, stockroom) -> None:
    product = await stockroom.product(stock=7, sku="LOW")
    for quantity in (1, 1, 1):
        order = uuid4()
        await reserve(room, order, {product: quantity})
        await commit(room, order)
    events = await DB.fetch("SELECT type, aggregate, payload FROM outbox WHERE type = 'stock.low'")
    assert [(row["type"], row["payload"]["stock"]) for row in events] == [("stock.low", 5)]
    assert events[0]["aggregate"] == f"product:{product}"


async def test_goods_that_came_back_with_a_refund_are_on_the_shelf_once(room: RoomClient, stockroom) -> None:
    lamp = await stockroom.product(stock=5)
    order = uuid4()
    await reserve(room, order, {lamp: 2})
    await commit(room, order)
    for restock, left in ((False, 3), (True, 5)):
        event = Event("payment.refunded", "payment:1", {"order_id": str(order), "restock": restock})
        for _ in range(2):
            await apply_once(room.room, "product", event, on_payment_refunded)
        repeated = Event("payment.refunded", "payment:1", {"order_id": str(order), "restock": restock})
        await apply_once(room.room, "product", repeated, on_payment_refunded)
        assert await DB.fetch_value("SELECT stock FROM products WHERE id = $1", lamp) == left
