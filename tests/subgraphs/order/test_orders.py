"""Orders as the graph shows them: keys, owners, pages, filters, moves by staff, and what each query costs in SQL."""

from __future__ import annotations

import asyncio
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.order.api import schema
from subgraphs.order.domain.status import OrderStatus, may_move
from subgraphs.order.tables import DB
from tests.fixtures.contracts import contract_differences
from tests.fixtures.rooms import RoomClient
from tests.subgraphs.order.conftest import InsertOrders

STAFF = ("orders:read",)
BOARD = """query($filter: OrderFilter, $sort: OrderSort, $first: Int = 50, $after: String) {
  orders(filter: $filter, sort: $sort, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { id total { amount } }
  }
}"""
MOVE = """mutation($id: ID!, $to: OrderStatus!, $version: Int!) {
  transitionOrder(id: $id, to: $to, version: $version, notes: "by hand") {
    order { status version history { status notes actor { id } } }
    errors { __typename code ... on InvalidTransitionError { from to allowed } ... on ConflictError { currentVersion } }
  }
}"""


def test_the_exported_schema_is_the_contract() -> None:
    assert contract_differences("order", schema.as_str()) == []


# -- who sees what -----------------------------------------------------------------------------------------------------


async def test_an_order_is_found_by_both_keys_by_its_buyer_and_staff_only(
    order_room: RoomClient, insert_orders: InsertOrders
) -> None:
    buyer = uuid4()
    (id,) = await insert_orders(buyer)
    number = await DB.fetch_value("SELECT order_number FROM orders WHERE id = $1", id)
    by_id, by_number = (
        f'{{ order(by: {{ id: "{id}" }}) {{ id }} }}',
        f'{{ order(by: {{ orderNumber: "{number}" }}) {{ id }} }}',
    )
    references = [{"__typename": "Order", "id": str(id)}, {"__typename": "Order", "orderNumber": number}]
    for caller in ({"as_user": buyer}, {"as_user": uuid4(), "scopes": STAFF}):
        assert await order_room.query(by_id, **caller) == {"order": {"id": str(id)}}
        assert await order_room.query(by_number, **caller) == {"order": {"id": str(id)}}
        assert await order_room.entities("... on Order { id }", *references, **caller) == [{"id": str(id)}] * 2
    for caller in ({"as_user": uuid4()}, {"as_guest": uuid4()}):
        assert await order_room.query(by_id, **caller) == {"order": None}
        assert await order_room.query(by_number, **caller) == {"order": None}
        assert await order_room.entities("... on Order { id }", *references, **caller) == [None, None]
    assert (await order_room.send(by_id))["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    both = f'{{ order(by: {{ id: "{id}", orderNumber: "x" }}) {{ id }} }}'
    assert "errors" in await order_room.send(both, as_user=buyer)


async def test_a_stranger_learns_nothing_through_other_entities(
    order_room: RoomClient, insert_orders: InsertOrders
) -> None:
    buyer, stranger = uuid4(), uuid4()
    (id,) = await insert_orders(buyer)
    item = await DB.fetch_value("SELECT id FROM order_items WHERE order_id = $1", id)
    reference = {"__typename": "OrderItem", "id": str(item)}
    assert await order_room.entities("... on OrderItem { productName }", reference, as_user=buyer) == [
        {"productName": "Lamp"}
    ]
    assert await order_room.entities("... on OrderItem { productName }", reference, as_user=stranger) == [None]
    for field in ("orders { totalCount }", "orderStats { count }"):
        query = f"query($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on User {{ {field} }} }} }}"
        variables = {"r": [{"__typename": "User", "id": str(buyer)}]}
        answer = await order_room.send(query, variables, as_user=stranger)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert "errors" not in await order_room.send(query, variables, as_user=stranger, scopes=STAFF)
    assert (await order_room.send(BOARD, as_user=buyer))["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_bad_representations_spoil_nobody_else(order_room: RoomClient, insert_orders: InsertOrders) -> None:
    buyer = uuid4()
    (id,) = await insert_orders(buyer)
    references = [
        {"__typename": "Order", "id": "junk"},
        {"__typename": "Nothing"},
        {"__typename": "Order", "id": str(id)},
    ]
    answer = await order_room.send(
        "query($r: [_Any!]!) { _entities(representations: $r) { ... on Order { id } } }",
        {"r": references},
        as_user=buyer,
    )
    assert answer["data"]["_entities"] == [None, None, {"id": str(id)}]


# -- lists -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sort", "first_totals"),
    [("PLACED_AT_DESC", ["50.00", "40.00"]), ("PLACED_AT_ASC", ["10.00", "20.00"]), ("TOTAL_DESC", ["50.00", "40.00"])],
)
async def test_staff_page_through_all_orders_once(
    order_room: RoomClient, insert_orders: InsertOrders, sort: str, first_totals: list[str]
) -> None:
    ids = await insert_orders(uuid4(), 5)
    seen: list[str] = []
    after = None
    for _ in range(3):
        variables = {"sort": sort, "first": 2, "after": after}
        page = (await order_room.query(BOARD, variables, scopes=STAFF))["orders"]
        assert page["totalCount"] == 5
        if after is None:
            assert [node["total"]["amount"] for node in page["nodes"]] == first_totals
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert not page["pageInfo"]["hasNextPage"]
    assert sorted(seen) == sorted(str(id) for id in ids)
    other = "PLACED_AT_ASC" if sort != "PLACED_AT_ASC" else "TOTAL_DESC"
    refused = await order_room.send(BOARD, {"sort": other, "after": after}, scopes=STAFF)
    assert refused["errors"][0]["extensions"]["code"] == "CURSOR_OF_ANOTHER_SORT"


async def test_filters_hold_together(order_room: RoomClient, insert_orders: InsertOrders) -> None:
    buyer = uuid4()
    ids = await insert_orders(buyer, 3)
    await insert_orders(uuid4(), 2, status="shipped")
    number = await DB.fetch_value("SELECT order_number FROM orders WHERE id = $1", ids[0])
    bought = await DB.fetch_value("SELECT product_id FROM order_items WHERE order_id = $1", ids[1])
    expected: list[tuple[dict[str, Any], int]] = [
        ({}, 5),
        ({"status": ["SHIPPED"]}, 2),
        ({"status": []}, 0),
        ({"userId": str(buyer)}, 3),
        ({"userId": "junk"}, 0),
        ({"productId": str(bought)}, 1),
        ({"total": {"min": "20.00", "max": "30"}, "userId": str(buyer)}, 2),
        ({"placed": {"from": "2026-01-01T12:02:00Z"}, "userId": str(buyer)}, 2),
        ({"placed": {"to": "2026-01-01T12:02:00Z"}, "userId": str(buyer)}, 1),
        ({"search": number.lower()}, 1),
        ({"search": "A@EXAMPLE.com", "status": ["CONFIRMED"]}, 3),
        ({"search": "%' OR TRUE --"}, 0),
    ]
    for filter, count in expected:
        page = (await order_room.query(BOARD, {"filter": filter}, scopes=STAFF))["orders"]
        assert (filter, page["totalCount"], len(page["nodes"])) == (filter, count, count)


# -- what it costs -----------------------------------------------------------------------------------------------------

_NODE = "edges { node { status total { amount } items { quantity product { id } } } }"
_BOARD_NODE = "edges { node { buyer { id } items { product { id } } history { status actor { id } } } }"


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_statement_budgets_do_not_depend_on_rows(
    order_room: RoomClient, insert_orders: InsertOrders, count: int
) -> None:
    buyer = uuid4()
    ids = await insert_orders(buyer, count, items=3)
    user = [{"__typename": "User", "id": str(buyer)}]
    entity = "query($r: [_Any!]!) { _entities(representations: $r) { %s } }"

    async def cost(query: str, representations: list[dict[str, Any]] | None = None, **caller: Any) -> int:
        return await order_room.statements(query, {"r": representations} if representations else None, **caller)

    history = f"... on User {{ orders(first: {count}) {{ totalCount {_NODE} }} }}"
    assert await cost(entity % history, user, as_user=buyer) == 3  # Q3: page, count, items
    assert await cost(f"{{ orders(first: {count}) {{ totalCount {_BOARD_NODE} }} }}", scopes=STAFF) == 4  # Q8
    home = "... on User { orders(first: 3) { edges { node { status } } } cart { totalQuantity } }"
    assert await cost(entity % home, user, as_user=buyer) == 2  # Q6
    number = await DB.fetch_value("SELECT order_number FROM orders WHERE id = $1", ids[0])
    detail = f'{{ order(by: {{ orderNumber: "{number}" }}) {{ items {{ product {{ id }} }} }} }}'
    assert await cost(detail, as_user=buyer) == 2  # Q4
    rows = await DB.fetch("SELECT product_id FROM order_items WHERE order_id = ANY($1) LIMIT $2", ids, count)
    products = [{"__typename": "Product", "id": str(row["product_id"])} for row in rows]
    assert await cost(entity % "... on Product { purchasedByMe }", products, as_user=buyer) == 1  # Q1, Q7, Q10
    references = [{"__typename": "Order", "id": str(id)} for id in ids]
    everything = "... on Order { checkoutState items { id } history { at } }"
    assert await cost(entity % everything, references, as_user=buyer) == 4
    customers = [{"__typename": "User", "id": str(uuid4())} for _ in range(count)] + user
    staff_view = "... on User { orders(first: 2) { nodes { id } } orderStats { count } cart { id } }"
    assert await cost(entity % staff_view, customers, scopes=STAFF) == 3


async def test_a_count_is_only_made_when_asked_for(order_room: RoomClient, insert_orders: InsertOrders) -> None:
    await insert_orders(uuid4(), 2)
    assert await order_room.statements("{ orders { nodes { id } pageInfo { hasNextPage } } }", scopes=STAFF) == 1


async def test_sales_facts(order_room: RoomClient, insert_orders: InsertOrders) -> None:
    buyer = uuid4()
    confirmed, cancelled = (await insert_orders(buyer))[0], (await insert_orders(buyer, status="cancelled"))[0]
    bought, returned = [
        await DB.fetch_value("SELECT product_id FROM order_items WHERE order_id = $1", id)
        for id in (confirmed, cancelled)
    ]
    products = [{"__typename": "Product", "id": str(id)} for id in (bought, returned, uuid4())]
    mine = await order_room.entities("... on Product { purchasedByMe }", *products, as_user=buyer)
    assert mine == [{"purchasedByMe": True}, {"purchasedByMe": False}, {"purchasedByMe": False}]
    sold = await order_room.entities("... on Product { unitsSold }", *products, as_user=uuid4(), scopes=STAFF)
    assert sold == [{"unitsSold": 2}, {"unitsSold": 0}, {"unitsSold": 0}]
    (stats,) = await order_room.entities(
        "... on User { orderStats { count lifetimeValue { amount currency } lastOrderAt } }",
        {"__typename": "User", "id": str(buyer)},
        as_user=buyer,
    )
    assert stats == {
        "orderStats": {
            "count": 2,
            "lifetimeValue": [{"amount": "10.00", "currency": "USD"}],
            "lastOrderAt": "2026-01-01T12:01:00+00:00",
        }
    }


# -- moves by staff ----------------------------------------------------------------------------------------------------


async def move(client: RoomClient, id: UUID, to: OrderStatus, version: int = 1, **caller: Any) -> dict[str, Any]:
    caller = caller or {"as_user": uuid4(), "scopes": ("orders:write", "orders:read")}
    data = await client.query(MOVE, {"id": str(id), "to": to.name, "version": version}, **caller)
    payload: dict[str, Any] = data["transitionOrder"]
    return payload


async def test_every_pair_of_statuses_moves_or_is_refused_typed(
    order_room: RoomClient, insert_orders: InsertOrders
) -> None:
    for current, target in product(OrderStatus, OrderStatus):
        if target is OrderStatus.CANCELLED and may_move(current, target):
            continue  # needs refund and restock: its own operation
        (id,) = await insert_orders(uuid4(), status=current.value)
        payload = await move(order_room, id, target)
        if may_move(current, target):
            assert payload["order"]["status"] == target.name
            assert payload["order"]["version"] == 2
            assert payload["order"]["history"][-1]["status"] == target.name
            assert payload["errors"] == []
        else:
            assert payload["order"] is None
            assert payload["errors"][0]["__typename"] == "InvalidTransitionError"
            assert (payload["errors"][0]["from"], payload["errors"][0]["to"]) == (current.name, target.name)
            assert await DB.fetch_value("SELECT status FROM orders WHERE id = $1", id) == current.value


async def test_of_two_parallel_moves_one_wins(order_room: RoomClient, insert_orders: InsertOrders) -> None:
    (id,) = await insert_orders(uuid4(), status="processing")
    payloads = await asyncio.gather(*(move(order_room, id, OrderStatus.SHIPPED) for _ in range(5)))
    assert sorted(len(payload["errors"]) for payload in payloads) == [0, 1, 1, 1, 1]
    assert await DB.fetch_value("SELECT count(*) FROM order_status_history WHERE order_id = $1", id) == 2
    rows = await DB.fetch("SELECT type, version, payload FROM outbox")
    assert [(row["type"], row["version"]) for row in rows] == [("order.shipped", 2)]
    assert rows[0]["payload"]["items"][0]["quantity"] == 2


async def test_a_stale_version_is_a_conflict(order_room: RoomClient, insert_orders: InsertOrders) -> None:
    (id,) = await insert_orders(uuid4(), status="confirmed")
    payload = await move(order_room, id, OrderStatus.PROCESSING, version=7)
    assert payload["errors"] == [{"__typename": "ConflictError", "code": "VERSION_CONFLICT", "currentVersion": 1}]
    assert await DB.fetch_value("SELECT status FROM orders WHERE id = $1", id) == "confirmed"


async def test_tracking_belongs_to_parcels(order_room: RoomClient, insert_orders: InsertOrders) -> None:
    mutation = """mutation($id: ID!, $n: String!) {
      setTracking(id: $id, trackingNumber: $n) { order { trackingNumber version } errors { code } }
    }"""
    (packed,), (fresh,) = await insert_orders(uuid4(), status="processing"), await insert_orders(uuid4())
    for id, number, expected in [
        (packed, " 1Z999 ", {"order": {"trackingNumber": "1Z999", "version": 2}, "errors": []}),
        (fresh, "1Z999", {"order": None, "errors": [{"code": "ORDER_NOT_TRACKABLE"}]}),
        (packed, " ", {"order": None, "errors": [{"code": "TRACKING_NUMBER_INVALID"}]}),
        (uuid4(), "1Z999", {"order": None, "errors": [{"code": "NOT_FOUND"}]}),
    ]:
        data = await order_room.query(
            mutation, {"id": str(id), "n": number}, as_user=uuid4(), scopes=("orders:write", *STAFF)
        )
        assert data["setTracking"] == expected
    refused = await order_room.send(mutation, {"id": str(packed), "n": "1"}, as_user=uuid4(), scopes=STAFF)
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
