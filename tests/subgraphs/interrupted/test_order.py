"""Mutations of order, interrupted at every call that they or their siblings make (S-111).

Edits of carts and moves of orders are one transaction. Checkout, another payment and cancelling are a saga over three
databases: what an interrupted run has done stays, and is carried on by the same request, or by the worker, to the end
that an uninterrupted run comes to; money and goods add up then.
"""

from __future__ import annotations

from itertools import cycle
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.kernel.service_client import ServiceClient
from subgraphs.order.peers import Siblings
from subgraphs.order.service.worker import work_once
from subgraphs.order.tables import DB
from subgraphs.payment.service.outcomes import Teller
from subgraphs.payment.service.worker import work_once as settle_payments
from subgraphs.payment.tables import DB as PAYMENT_DB
from subgraphs.product.tables import DB as PRODUCT_DB
from subgraphs.user.tables import DB as USER_DB
from tests.subgraphs.interrupted.trials import Asked, Case, Contents, Repeat, Trials
from tests.subgraphs.order.buying import buy, fill, wanted
from tests.subgraphs.order.conftest import InsertOrders, Shop, add_product, put_in_cart
from tests.subgraphs.order.test_merge import Auth

pytestmark = pytest.mark.usefixtures("breakable_stores")

STAFF = {"as_user": UUID(int=9), "scopes": ["orders:write", "orders:read"]}
STOCK = 10
WHY = "no transaction spans three databases: each step is recorded where it happens, and carried on or taken back"
SAGA = tuple(
    f"{room}.{table}"
    for room, tables in {
        "order": "checkout_sagas idempotency_keys orders order_items order_status_history shopping_carts outbox "
        "audit_log",
        "product": "stock_reservations products idempotency_keys outbox audit_log",
        "payment": "payments payment_attempts refunds outbox audit_log",
    }.items()
    for table in tables.split()
)


class Desk:
    """Requests that would succeed, and what must have become of orders."""

    def __init__(self, shop: Shop, insert_orders: InsertOrders) -> None:
        self.shop = shop
        self.insert_orders = insert_orders
        self.auth = Auth()
        auth = ServiceClient("auth", self.auth.app(), None, 60)
        shop.order.room.peers = {**shop.order.room.peers, "auth": auth}
        self._worker_first = cycle((True, False))

    def asked(self, variables: dict[str, Any], **caller: Any) -> Asked:
        return Asked(variables, lambda document, given: self.shop.order.send(document, given, **caller))

    # -- one transaction --------------------------------------------------------------------------------------------

    async def put(self) -> Asked:
        return self.asked({"productId": str(await add_product()), "quantity": 2}, as_user=uuid4())

    async def line(self) -> Asked:
        who, lamp = uuid4(), await add_product()
        await put_in_cart(who, lamp, 1)
        return self.asked({"productId": str(lamp), "quantity": 3}, as_user=who)

    async def full(self) -> Asked:
        who = uuid4()
        await put_in_cart(who, await add_product(), 1)
        return self.asked({}, as_user=who)

    async def guest(self) -> Asked:
        who, guest = uuid4(), uuid4()
        await put_in_cart(who, await add_product(), 1)
        await put_in_cart(guest, await add_product(), 1)
        return self.asked({"guestToken": self.auth.token(guest)}, as_user=who)

    async def again(self) -> Asked:
        who = uuid4()
        (order,) = await self.insert_orders(who)
        await DB.execute("UPDATE order_items SET product_id = $2 WHERE order_id = $1", order, await add_product())
        return self.asked({"orderId": str(order)}, as_user=who)

    async def confirmed(self) -> Asked:
        (order,) = await self.insert_orders(uuid4())
        return self.asked({"id": str(order), "to": "PROCESSING", "version": 1, "notes": "n"}, **STAFF)

    async def packed(self) -> Asked:
        (order,) = await self.insert_orders(uuid4(), status="processing")
        return self.asked({"id": str(order), "trackingNumber": "T-1"}, **STAFF)

    # -- sagas ------------------------------------------------------------------------------------------------------

    async def basket(self) -> Asked:
        who = uuid4()
        lamp = await add_product("20.00", stock=STOCK)
        return self.asked({"input": wanted(await fill(self.shop, who, lamp, 2), "40.00")}, as_user=who)

    async def declined(self) -> Asked:
        who = uuid4()
        lamp = await add_product("20.00", stock=STOCK)
        given = wanted(await fill(self.shop, who, lamp, 2), "40.00", paymentToken="tok_declined")
        order = (await buy(self.shop, who, given))["order"]
        variables = {"orderId": order["id"], "paymentToken": "tok_visa", "idempotencyKey": uuid4().hex}
        return self.asked(variables, as_user=who)

    async def bought(self) -> Asked:
        who = uuid4()
        lamp = await add_product("20.00", stock=STOCK)
        order = (await buy(self.shop, who, wanted(await fill(self.shop, who, lamp, 2), "40.00")))["order"]
        assert order["status"] == "CONFIRMED"
        return self.asked({"id": order["id"], "reason": "r"}, as_user=who)

    async def paid(self, _: Asked, repeat: Repeat) -> None:
        """The same request has its order in the end, whoever comes first: its client again, or the worker."""
        await self._let_leases_end()
        if next(self._worker_first):
            await self._workers()
        answer = await repeat()
        await self._workers()
        assert "errors" not in answer, answer
        result = answer["data"]["result"]
        assert result["errors"] == [], answer
        await self._adds_up(UUID(result["order"]["id"]), "confirmed")

    async def taken_back(self, request: Asked, repeat: Repeat) -> None:
        order = UUID(request.variables["id"])
        await self._let_leases_end()
        await self._workers()
        if await DB.fetch_value("SELECT status FROM orders WHERE id = $1", order) != "cancelled":
            answer = await repeat()
            assert answer["data"]["result"]["errors"] == [], answer
        await self._workers()
        await self._adds_up(order, "cancelled")

    async def _let_leases_end(self) -> None:
        await DB.execute(
            "UPDATE checkout_sagas SET next_run_at = now(), lease_until = NULL "
            "WHERE step NOT IN ('confirmed', 'failed', 'declined')"
        )
        await PAYMENT_DB.execute("UPDATE payment_attempts SET next_poll_at = now() WHERE next_poll_at IS NOT NULL")
        await PAYMENT_DB.execute("UPDATE refunds SET next_run_at = now() WHERE next_run_at IS NOT NULL")

    async def _workers(self) -> None:
        """Order's and payment's, as often as there is something to do."""
        siblings, teller = Siblings(self.shop.order.room.peers), Teller(self.shop.payment.room.resources)
        while await settle_payments(teller) + await work_once(siblings):
            await self._let_leases_end()

    async def _adds_up(self, order: UUID, status: str) -> None:
        """Of everything that its buyer ever ordered, this order alone is left; paid and sold, or neither."""
        found = await DB.fetch(
            """
            SELECT o.id, o.status, o.total, i.product_id, s.step FROM orders o JOIN order_items i ON i.order_id = o.id
            JOIN checkout_sagas s ON s.order_id = o.id
            WHERE o.user_id = (SELECT user_id FROM orders WHERE id = $1)
            """,
            order,
        )
        sold = status == "confirmed"
        assert [(row["id"], row["status"], row["step"]) for row in found] == [
            (order, status, "confirmed" if sold else "failed")
        ]
        kept = await PAYMENT_DB.fetch(
            "SELECT captured_amount - refunded_amount AS kept FROM payments WHERE order_id = $1", order
        )
        assert [row["kept"] for row in kept] == [found[0]["total"] if sold else 0]
        held = await PRODUCT_DB.fetch_row("SELECT stock, reserved FROM products WHERE id = $1", found[0]["product_id"])
        assert tuple(held) == (STOCK - 2 if sold else STOCK, 0)


@pytest.fixture
def desk(shop: Shop, insert_orders: InsertOrders) -> Desk:
    return Desk(shop, insert_orders)


async def test_order(desk: Desk) -> None:
    saga: dict[str, Any] = {"keeps": SAGA, "why": WHY, "told": ("SERVICE_UNAVAILABLE", "IN_PROGRESS")}
    cases = {
        "addToCart": Case(desk.put),
        "setCartLine": Case(desk.line),
        "clearCart": Case(desk.full),
        "mergeGuestCart": Case(desk.guest),
        "reorder": Case(desk.again),
        "transitionOrder": Case(desk.confirmed, again=["INVALID_TRANSITION"]),
        "setTracking": Case(desk.packed),
        "checkout": Case(desk.basket, completed=desk.paid, **saga),
        "retryPayment": Case(desk.declined, completed=desk.paid, **saga),
        "cancelOrder": Case(desk.bought, completed=desk.taken_back, **saga),
    }
    await Trials("order", Contents([DB, PRODUCT_DB, PAYMENT_DB, USER_DB])).all(cases)
