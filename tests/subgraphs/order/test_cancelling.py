"""Cancelling: money back, goods back, told once; by whom, from which states, and while something is away."""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.kernel.service_client import PeerUnavailable, ServiceClient
from subgraphs.order.peers import Siblings
from subgraphs.order.service.worker import work_once
from subgraphs.order.tables import DB as ORDER_DB
from subgraphs.payment.tables import DB as PAYMENT_DB
from tests.subgraphs.order.buying import buy, events, fill, wanted
from tests.subgraphs.order.conftest import InsertOrders, Shop, add_product

CANCEL = """mutation($id: ID!, $reason: String) {
  cancelOrder(id: $id, reason: $reason) {
    order { status checkoutState cancelReason version history { status actor { id } } }
    errors { __typename code path ... on InvalidTransitionError { from to allowed } }
  }
}"""
MOVE = """mutation($id: ID!, $to: OrderStatus!, $version: Int!) {
  transitionOrder(id: $id, to: $to, version: $version) { order { status version } errors { code } }
}"""
STAFF: dict[str, Any] = {"as_user": UUID(int=9), "scopes": ("orders:write",)}


async def bought(shop: Shop, user: UUID, means: str = "tok_visa") -> tuple[str, UUID]:
    """An order over one of five lamps, and the lamp."""
    lamp = await add_product(stock=5)
    order = (await buy(shop, user, wanted(await fill(shop, user, lamp), "20.00", paymentToken=means)))["order"]
    return order["id"], lamp


async def cancel(shop: Shop, order: str, **caller: Any) -> dict[str, Any]:
    variables = {"id": order, "reason": caller.pop("reason", "Changed my mind")}
    data = await shop.order.query(CANCEL, variables, **caller)
    answer: dict[str, Any] = data["cancelOrder"]
    return answer


def siblings(shop: Shop) -> Siblings:
    return Siblings(shop.order.room.peers)


async def money() -> tuple[str, Decimal, Decimal]:
    return tuple(await PAYMENT_DB.fetch_row("SELECT status, captured_amount, refunded_amount FROM payments"))


async def test_a_confirmed_order_is_taken_back_by_its_buyer(shop: Shop) -> None:
    user = uuid4()
    order, lamp = await bought(shop, user)
    assert await shop.stock(lamp) == (4, 0)
    answer = await cancel(shop, order, as_user=user)
    assert answer["errors"] == []
    assert answer["order"] == {
        "status": "CANCELLED",
        "checkoutState": "FAILED",
        "cancelReason": "Changed my mind",
        "version": 3,
        "history": [
            {"status": "PENDING", "actor": {"id": str(user)}},
            {"status": "CONFIRMED", "actor": None},
            {"status": "CANCELLED", "actor": {"id": str(user)}},
        ],
    }
    assert await shop.stock(lamp) == (5, 0)
    assert await money() == ("refunded", Decimal("25.99"), Decimal("25.99"))
    assert [name for name, _ in await events(ORDER_DB)] == ["order.created", "order.confirmed", "order.cancelled"]
    assert [name for name, _ in await events(PAYMENT_DB)] == ["payment.completed", "payment.refunded"]
    again = await cancel(shop, order, as_user=user)
    assert again["errors"] == [
        {
            "__typename": "InvalidTransitionError",
            "code": "INVALID_TRANSITION",
            "path": ["to"],
            "from": "CANCELLED",
            "to": "CANCELLED",
            "allowed": [],
        }
    ]


async def test_parallel_cancellations_give_back_once(shop: Shop) -> None:
    user = uuid4()
    order, lamp = await bought(shop, user)
    answers = await asyncio.gather(*(cancel(shop, order, as_user=user) for _ in range(8)))
    outcomes = Counter(answer["errors"][0]["code"] if answer["errors"] else "cancelled" for answer in answers)
    assert outcomes["cancelled"] == 1
    assert set(outcomes) <= {"cancelled", "CANCELLATION_IN_PROGRESS", "INVALID_TRANSITION"}
    assert await shop.stock(lamp) == (5, 0)
    assert await money() == ("refunded", Decimal("25.99"), Decimal("25.99"))
    assert [name for name, _ in await events(ORDER_DB)].count("order.cancelled") == 1


@pytest.mark.parametrize(
    ("token", "status"), [("tok_declined", "voided"), ("tok_processing", "voided"), ("tok_requires_action", "voided")]
)
async def test_an_unpaid_order_is_taken_back(shop: Shop, token: str, status: str) -> None:
    user = uuid4()
    order, lamp = await bought(shop, user, token)
    assert await shop.stock(lamp) == (5, 1)
    assert (await cancel(shop, order, as_user=user))["order"]["status"] == "CANCELLED"
    assert await shop.stock(lamp) == (5, 0)
    assert (await money())[0] == status


async def test_staff_cancels_with_the_state_machine_and_its_version(shop: Shop) -> None:
    order, lamp = await bought(shop, uuid4())
    stale = await shop.order.query(MOVE, {"id": order, "to": "CANCELLED", "version": 1}, **STAFF)
    assert stale["transitionOrder"]["errors"] == [{"code": "VERSION_CONFLICT"}]
    moved = await shop.order.query(MOVE, {"id": order, "to": "PROCESSING", "version": 2}, **STAFF)
    assert moved["transitionOrder"]["order"]["version"] == 3
    done = await shop.order.query(MOVE, {"id": order, "to": "CANCELLED", "version": 3}, **STAFF)
    assert done["transitionOrder"] == {"order": {"status": "CANCELLED", "version": 4}, "errors": []}
    assert await shop.stock(lamp) == (5, 0)
    assert (await money())[0] == "refunded"


async def test_others_and_junk_are_refused_and_change_nothing(shop: Shop, insert_orders: InsertOrders) -> None:
    user = uuid4()
    order, lamp = await bought(shop, user)
    for caller in ({"as_user": uuid4()}, {"as_guest": uuid4()}, {"as_user": uuid4(), "scopes": ("orders:read",)}):
        assert (await cancel(shop, order, **caller))["errors"][0]["code"] == "NOT_FOUND"
    for junk in ("", "junk", "\x00", str(uuid4()), "x" * 100_000):
        (error,) = (await cancel(shop, junk, as_user=user))["errors"]
        assert (error["code"], error["path"]) == ("NOT_FOUND", ["id"])
    for reason in ("x" * 501, "a\x00b", "💡" * 100_000):
        (error,) = (await cancel(shop, order, as_user=user, reason=reason))["errors"]
        assert (error["code"], error["path"]) == ("REASON_INVALID", ["reason"])
    for status in ("shipped", "delivered"):
        (late,) = await insert_orders(user, status=status)
        assert (await cancel(shop, str(late), as_user=user))["errors"][0]["code"] == "INVALID_TRANSITION"
    anonymous = await shop.order.send(CANCEL, {"id": order})
    assert anonymous["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert await shop.stock(lamp) == (4, 0)
    assert (await money())[0] == "completed"


async def test_while_the_payment_service_is_away_nothing_moves_and_the_worker_finishes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = uuid4()
    order, lamp = await bought(shop, user)
    real = ServiceClient.execute

    async def away(self: ServiceClient, query: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        if self.name == "payment":
            raise PeerUnavailable("gone")
        return await real(self, query, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(ServiceClient, "execute", away)
        answer = await cancel(shop, order, as_user=user)
        assert (answer["order"]["status"], answer["order"]["checkoutState"]) == ("CONFIRMED", "COMPENSATING")
        moved = await shop.order.query(MOVE, {"id": order, "to": "PROCESSING", "version": 2}, **STAFF)
        assert moved["transitionOrder"]["errors"] == [{"code": "INVALID_TRANSITION"}]
        read = f'{{ order(by: {{id: "{order}"}}) {{ status allowedTransitions }} }}'
        assert (await shop.order.query(read, as_user=user))["order"] == {
            "status": "CONFIRMED",
            "allowedTransitions": [],
        }
        again = await cancel(shop, order, as_user=user)
        assert again["errors"][0]["code"] == "CANCELLATION_IN_PROGRESS"
        await ORDER_DB.execute("UPDATE checkout_sagas SET next_run_at = now()")
        assert await work_once(siblings(shop)) == 1
        assert await shop.stock(lamp) == (4, 0)  # the goods come back after the money
    await ORDER_DB.execute("UPDATE checkout_sagas SET next_run_at = now()")
    assert await work_once(siblings(shop)) == 1
    assert await ORDER_DB.fetch_value("SELECT status FROM orders") == "cancelled"
    assert await shop.stock(lamp) == (5, 0)
    assert (await money())[0] == "refunded"


async def test_an_imported_order_is_taken_back_too(shop: Shop, insert_orders: InsertOrders) -> None:
    user = uuid4()
    (order,) = await insert_orders(user, status="processing")
    answer = await cancel(shop, str(order), as_user=user, reason=None)
    assert (answer["order"]["status"], answer["order"]["cancelReason"]) == ("CANCELLED", "cancelled_by_customer")
