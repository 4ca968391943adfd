"""What runs beside requests, interrupted at every call: each pass comes to the end of an undisturbed one (S-111).

The workers of auth, product and payment that touch one database, each in a test of its name.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from subgraphs.auth import erasures
from subgraphs.auth.erasure import OTHERS, finish_erasures
from subgraphs.auth.tables import DB as AUTH_DB
from subgraphs.payment.service.forgetting import detach_removed_methods
from subgraphs.payment.tables import DB as PAYMENT_DB
from subgraphs.product.repository import spelling
from subgraphs.product.service import stock
from subgraphs.product.service.searching import keep_vocabulary
from subgraphs.product.service.stock import sweep_overdue_holds
from subgraphs.product.tables import DB as PRODUCT_DB
from tests.fixtures.rooms import RoomClient
from tests.subgraphs.auth.conftest import AuthClient
from tests.subgraphs.interrupted.ledger import Ledger
from tests.subgraphs.interrupted.stepping import Step
from tests.subgraphs.interrupted.test_handlers import trace
from tests.subgraphs.interrupted.work import Names, Works
from tests.subgraphs.interrupted.working import working
from tests.subgraphs.payment.conftest import Till
from tests.subgraphs.payment.test_methods import save
from tests.subgraphs.product.conftest import Stockroom

pytestmark = pytest.mark.usefixtures("breakable_stores")


async def test_finish_erasures(auth: AuthClient, step: Step) -> None:
    redis: Any = auth.redis

    async def somebody() -> UUID:
        return UUID((await auth.member(f"{uuid4().hex}@example.com")).user_id)

    async def unanswered() -> Names:
        who = await somebody()
        await erasures.insert(who, OTHERS, timedelta(0))
        return {str(who): "who"}

    async def answered() -> Names:
        who = await somebody()
        await trace(AUTH_DB, who)
        for service in ("auth", "order"):
            event = {"payload": {"user_id": str(who), "email": "a@example.com"}}
            await redis.xadd(f"events:{service}", {"event": orjson.dumps(event)})
        await erasures.insert(who, (), timedelta(0))
        return {str(who): "who"}

    async def streams_know_nobody(_: Names) -> None:
        for service in ("auth", "order"):
            assert await redis.xlen(f"events:{service}") == 0

    async def let_leases_end() -> None:
        await AUTH_DB.execute("UPDATE erasures SET next_run_at = now() WHERE completed_at IS NULL AND pending = '{}'")

    works = Works(Ledger([AUTH_DB]))
    async with working(step, finish_erasures, auth.room.room, let_leases_end) as worker:
        await works.one("tell again", worker.work(unanswered, "run_due"))
        steps = "streams are no part of a transaction: what is left in one is looked for again"
        last = worker.work(answered, "run_due", steps=steps, ignored=["attempts"], ends=streams_know_nobody)
        await works.one("the rest", last)
    works.judge()


async def test_sweep_overdue_holds(room: RoomClient, stockroom: Stockroom, step: Step) -> None:
    async def overdue() -> Names:
        order, products = uuid4(), [await stockroom.product() for _ in range(2)]
        await stock.reserve(order, [(product, 3) for product in products], 60)
        past = "UPDATE stock_reservations SET expires_at = now() - interval '1 second' WHERE order_id = $1"
        await PRODUCT_DB.execute(past, order)
        return {str(order): "order"}

    works = Works(Ledger([PRODUCT_DB]))
    async with working(step, sweep_overdue_holds, room.room) as worker:
        await works.one("sweep", worker.work(overdue, "sweep"))
    works.judge()
    assert await PRODUCT_DB.fetch_value("SELECT count(*) FROM products WHERE stock <> 10 OR reserved <> 0") == 0


async def test_keep_vocabulary(room: RoomClient, stockroom: Stockroom, step: Step) -> None:
    zither, xylophone = await stockroom.product("Zither"), await stockroom.product("Xylophone")

    async def sells(product: UUID) -> None:
        await PRODUCT_DB.execute("UPDATE products SET is_active = id = $1", product)

    async def another_word() -> Names:
        await sells(zither)
        await spelling.refresh()
        await sells(xylophone)
        return {}

    works = Works(Ledger([PRODUCT_DB]))
    async with working(step, keep_vocabulary, room.room) as worker:
        await works.one("refresh", worker.work(another_word, "refresh"))
    works.judge()


async def test_detach_removed_methods(till: Till, step: Step) -> None:
    async def removed() -> Names:
        who = uuid4()
        method = (await save(till, who, "tok_visa"))["paymentMethod"]["id"]
        await PAYMENT_DB.execute(
            "UPDATE payment_methods SET deleted_at = now(), is_default = false WHERE id = $1", method
        )
        till.simulator.detached.clear()
        return {method: "method"}

    async def forgotten_there(_: Names) -> None:
        assert set(till.simulator.detached) == {"pm_visa"}

    works = Works(Ledger([PAYMENT_DB]))
    async with working(step, detach_removed_methods, till.client.room) as worker:
        await works.one("detach", worker.work(removed, "detach_once", ends=forgotten_there))
    works.judge()
    assert await PAYMENT_DB.fetch_value("SELECT count(*) FROM payment_methods") == 0
