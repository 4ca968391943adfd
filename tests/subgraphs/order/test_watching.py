"""``orderStatusChanged``: told to who may read the order, at the start and at every event."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.order import app
from subgraphs.order.tables import DB
from tests.fixtures.rooms import RoomClient, StartRoom
from tests.subgraphs import streams
from tests.subgraphs.order.conftest import InsertOrders
from tests.subgraphs.streams import following

ONE = "subscription($id: ID) { orderStatusChanged(orderId: $id) { id status version items { quantity } } }"
MINE = "subscription { orderStatusChanged { id status } }"
MOVE = """mutation($id: ID!, $to: OrderStatus!, $version: Int!) {
  transitionOrder(id: $id, to: $to, version: $version) { order { version } errors { code } }
}"""


@pytest.fixture
async def room(start_room: StartRoom, redis_url: str) -> AsyncIterator[RoomClient]:
    async with streams.live(start_room, "order", app, redis_url) as client:
        yield client


async def move(room: RoomClient, order: UUID, to: str, version: int) -> None:
    variables: dict[str, Any] = {"id": str(order), "to": to, "version": version}
    payload = await room.query(MOVE, variables, as_user=uuid4(), scopes=("orders:write", "orders:read"))
    assert payload["transitionOrder"]["errors"] == []


async def test_every_status_of_an_order_is_told_in_order(room: RoomClient, insert_orders: InsertOrders) -> None:
    buyer = uuid4()
    first, other = await insert_orders(buyer, 2)
    async with following(room, ONE, {"id": str(first)}, as_user=buyer) as events:
        await move(room, other, "PROCESSING", 1)
        for version, status in ((1, "PROCESSING"), (2, "SHIPPED"), (3, "DELIVERED")):
            await move(room, first, status, version)
            told = {"id": str(first), "status": status, "version": version + 1, "items": [{"quantity": 2}]}
            assert await events.next() == {"orderStatusChanged": told}


async def test_without_an_id_all_orders_of_the_caller_and_no_others(
    room: RoomClient, insert_orders: InsertOrders
) -> None:
    buyer = uuid4()
    mine = await insert_orders(buyer, 2)
    (foreign,) = await insert_orders(uuid4())
    async with following(room, MINE, as_user=buyer) as events:
        await move(room, foreign, "PROCESSING", 1)
        for order in mine:
            await move(room, order, "PROCESSING", 1)
            assert await events.next() == {"orderStatusChanged": {"id": str(order), "status": "PROCESSING"}}


async def test_somebody_elses_order_is_refused_like_an_unknown_one(
    room: RoomClient, insert_orders: InsertOrders
) -> None:
    (order,) = await insert_orders(uuid4())
    for id_ in (str(order), str(uuid4()), "7"):
        async with following(room, ONE, {"id": id_}, as_user=uuid4()) as events:
            assert await events.refusal() == "NOT_FOUND"
        async with following(room, ONE, {"id": id_}, as_guest=uuid4()) as events:
            assert await events.refusal() == "NOT_FOUND"
    for query, variables in ((ONE, {"id": str(order)}), (MINE, {})):
        async with following(room, query, variables) as events:
            assert await events.refusal() == "UNAUTHENTICATED"
    async with following(room, ONE, {"id": str(order)}, as_user=uuid4(), scopes=("orders:read",)) as events:
        await move(room, order, "PROCESSING", 1)
        assert (await events.next())["orderStatusChanged"]["status"] == "PROCESSING"


async def test_who_may_not_read_the_order_any_more_is_told_no_more(
    room: RoomClient, insert_orders: InsertOrders
) -> None:
    buyer = uuid4()
    (order,) = await insert_orders(buyer)
    async with following(room, ONE, {"id": str(order)}, as_user=buyer) as events:
        await move(room, order, "PROCESSING", 1)
        assert (await events.next())["orderStatusChanged"]["status"] == "PROCESSING"
        await DB.execute("UPDATE orders SET user_id = $2 WHERE id = $1", order, uuid4())
        await move(room, order, "SHIPPED", 2)
        assert await events.refusal() == "FORBIDDEN"
