"""The workers that move money and goods, interrupted at every call: both add up as if nothing was (S-111)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.kernel.idempotency import claim_key
from subgraphs.order.domain.cart import Line
from subgraphs.order.peers import PaymentSource, Siblings
from subgraphs.order.repository import sagas
from subgraphs.order.service.worker import carry_sagas_on
from subgraphs.order.tables import DB as ORDER_DB
from subgraphs.payment.http_provider import HttpProvider
from subgraphs.payment.provider import ProviderUnavailable
from subgraphs.payment.service.worker import settle_what_is_open
from subgraphs.payment.tables import DB as PAYMENT_DB
from subgraphs.product.tables import DB as PRODUCT_DB
from tests.subgraphs.interrupted.breaking import Call
from tests.subgraphs.interrupted.ledger import Ledger
from tests.subgraphs.interrupted.stepping import Step
from tests.subgraphs.interrupted.work import Names, Works
from tests.subgraphs.interrupted.working import new_turns, working
from tests.subgraphs.order.buying import buy, fill, wanted
from tests.subgraphs.order.conftest import Shop, add_product
from tests.subgraphs.payment.conftest import Till

pytestmark = pytest.mark.usefixtures("breakable_stores")

STOCK = 10
COUNTERS = ("polls", "tries", "failures")
TRAIL = ("audit_log",)
"""It tells every attempt, so that runs with different numbers of them differ."""


async def silent(self: HttpProvider, *arguments: Any) -> Any:
    raise ProviderUnavailable("silent")


async def unknown(self: HttpProvider, *arguments: Any) -> None:
    return None


class Payments:
    """Payments that something is still to be done about."""

    def __init__(self, till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
        self._till = till
        self._monkeypatch = monkeypatch

    async def in_doubt(self) -> Names:
        """Held, and the answer lost."""
        order = uuid4()
        with self._monkeypatch.context() as patch:
            patch.setattr(HttpProvider, "authorize", _unheard(HttpProvider.authorize))
            assert (await self._till.authorize(order, uuid4()))["state"] == "PROCESSING"
        await let_leases_end()
        return {str(order): "order"}

    async def held_too_late(self) -> Names:
        """Held, and the answer lost until the order was given up."""
        order = uuid4()
        with self._monkeypatch.context() as patch:
            patch.setattr(HttpProvider, "authorize", _unheard(HttpProvider.authorize))
            patch.setattr(HttpProvider, "find", unknown)
            assert (await self._till.authorize(order, uuid4()))["state"] == "PROCESSING"
            assert await self._till.void(order) == "VOIDED"
        await let_leases_end()
        return {str(order): "order"}

    async def taken_too_late(self) -> Names:
        """A declined attempt was charged after all, when another one had paid."""
        order, user = uuid4(), uuid4()
        assert (await self._till.authorize(order, user, token="tok_declined"))["state"] == "DECLINED"
        first: UUID = await PAYMENT_DB.fetch_value(
            "SELECT a.id FROM payment_attempts a JOIN payments p ON p.id = a.payment_id WHERE p.order_id = $1", order
        )
        await self._till.authorize(order, user, key=f"{order}:2")
        assert await self._till.capture(order) == "CAPTURED"
        provider = self._till.client.room.resources
        charge = await provider.authorize("tok_visa", Decimal("45.99"), "USD", str(order), uuid4().hex)
        await provider.capture(charge.reference, Decimal("45.99"), "USD", uuid4().hex)
        await PAYMENT_DB.execute(
            "UPDATE payment_attempts SET status = 'completed', error_code = NULL, orphaned = true, "
            "next_poll_at = now(), provider_reference = $2 WHERE id = $1",
            first,
            charge.reference,
        )
        return {str(order): "order", str(first): "attempt"}

    async def promised_back(self) -> Names:
        order = await self._till.paid(uuid4())
        refund: UUID = await PAYMENT_DB.fetch_value(
            "INSERT INTO refunds (payment_id, amount, reason, next_run_at) "
            "SELECT id, 10, 'r', now() FROM payments WHERE order_id = $1 RETURNING id",
            order,
        )
        return {str(order): "order", str(refund): "refund"}

    async def books_agree(self, _: Names) -> None:
        """What the provider took and gave back is what the room says."""
        intents = self._till.simulator.books.intents()
        kept = sum(intent["amount_received"] - intent["amount_refunded"] for intent in intents)
        assert kept == await PAYMENT_DB.fetch_value("SELECT sum(captured_amount - refunded_amount) * 100 FROM payments")


def _unheard(real: Callable[..., Awaitable[Any]]) -> Any:
    async def lost(self: HttpProvider, *arguments: Any) -> Any:
        await real(self, *arguments)
        raise ProviderUnavailable("lost")

    return lost


async def let_leases_end() -> None:
    """Of what is held, an hour: it is where it is to be, and the worker looks at it no more in one run."""
    await PAYMENT_DB.execute(
        "UPDATE payment_attempts SET next_poll_at = now() "
        "WHERE next_poll_at IS NOT NULL AND (orphaned OR status <> 'authorized')"
    )
    await PAYMENT_DB.execute("UPDATE refunds SET next_run_at = now() WHERE next_run_at IS NOT NULL")


async def test_settle_what_is_open(till: Till, step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    open_here = Payments(till, monkeypatch)
    works = Works(Ledger([PAYMENT_DB], without=TRAIL))
    steps = "no transaction spans the provider: it is asked again under the same key, and written down when it answers"
    async with working(step, settle_what_is_open, till.client.room, let_leases_end) as worker:
        for prepare in (
            open_here.in_doubt,
            open_here.held_too_late,
            open_here.taken_too_late,
            open_here.promised_back,
        ):
            work = worker.work(
                prepare,
                prepare.__name__,
                steps=steps,
                ignored=COUNTERS,
                ends=open_here.books_agree,
                interrupts=new_turns(),
            )
            await works.one(prepare.__name__, work)
    works.judge()


class Checkouts:
    """Sagas that a worker has to carry on, each leased by nobody."""

    def __init__(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        self._shop = shop
        self._monkeypatch = monkeypatch

    async def _basket(self, who: UUID, **changes: Any) -> dict[str, Any]:
        lamp = await add_product("20.00", stock=STOCK)
        return wanted(await fill(self._shop, who, lamp, 2), "40.00", **changes)

    async def unpaid(self) -> Names:
        """Its payment is in doubt."""
        who = uuid4()
        with self._monkeypatch.context() as patch:
            patch.setattr(HttpProvider, "authorize", silent)
            order = (await buy(self._shop, who, await self._basket(who)))["order"]
        await self.let_leases_end()
        return {order["id"]: "order", str(who): "who"}

    async def given_up(self) -> Names:
        """Its buyer's card was declined, and no other came."""
        who = uuid4()
        order = (await buy(self._shop, who, await self._basket(who, paymentToken="tok_declined")))["order"]
        await ORDER_DB.execute(
            "UPDATE checkout_sagas SET expires_at = now(), next_run_at = now() WHERE order_id = $1", UUID(order["id"])
        )
        return {order["id"]: "order", str(who): "who"}

    async def cancelled(self) -> Names:
        """It was paid, and is being taken back."""
        who = uuid4()
        order = (await buy(self._shop, who, await self._basket(who)))["order"]
        assert order["status"] == "CONFIRMED"
        assert await sagas.begin_cancelling(UUID(order["id"]), who, "cancelled", "r", who)
        await self.let_leases_end()
        return {order["id"]: "order", str(who): "who"}

    async def abandoned(self) -> Names:
        """Its process died before there was an order."""
        who, order = uuid4(), uuid4()
        lamp = await add_product("20.00", stock=STOCK)
        claim = await claim_key(ORDER_DB, scope=f"{who}:checkout", key="k", request=[], resource_id=order)
        source = PaymentSource(None, "tok_visa").to_json()
        saga = await sagas.begin(order, who, claim, source, 60)
        line = Line(lamp, 2, saga.expires_at)
        assert (await Siblings(self._shop.order.room.peers).reserve(order, [line])).ok
        await self.let_leases_end()
        return {str(order): "order", str(who): "who"}

    async def let_leases_end(self) -> None:
        await ORDER_DB.execute(
            "UPDATE checkout_sagas SET lease_until = now() - interval '1 s', next_run_at = now() "
            "WHERE step NOT IN ('declined', 'confirmed', 'failed') OR (step = 'declined' AND lease_until IS NOT NULL)"
        )


async def test_carry_sagas_on(shop: Shop, step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    """The room's own calls: those of its siblings are tried where a mutation makes them."""

    def own() -> Callable[[Call], bool]:
        turns = new_turns()
        return lambda call: turns(call) and "_order_" in call.place

    left = Checkouts(shop, monkeypatch)
    works = Works(Ledger([ORDER_DB, PRODUCT_DB, PAYMENT_DB], without=TRAIL))
    steps = "no transaction spans three databases: each step is recorded where it happens"
    async with working(step, carry_sagas_on, shop.order.room, left.let_leases_end) as worker:
        for prepare in (left.unpaid, left.given_up, left.cancelled, left.abandoned):
            name = prepare.__name__
            await works.one(name, worker.work(prepare, name, steps=steps, ignored=COUNTERS, interrupts=own()))
    works.judge()
    confirmed = await ORDER_DB.fetch_row("SELECT count(*), sum(total) FROM orders WHERE status = 'confirmed'")
    assert await PAYMENT_DB.fetch_value("SELECT sum(captured_amount - refunded_amount) FROM payments") == confirmed[1]
    sold = await PRODUCT_DB.fetch_row("SELECT sum($1 - stock), sum(reserved) FROM products", STOCK)
    assert tuple(sold) == (2 * confirmed[0], 0)
    assert await ORDER_DB.fetch_value("SELECT count(*) FROM orders WHERE status NOT IN ('confirmed', 'cancelled')") == 0
