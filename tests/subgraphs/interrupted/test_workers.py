"""What runs beside requests, interrupted at every call: each pass comes to the end of an undisturbed one (S-111).

The workers of auth, product and payment that touch one database or a cache, each in a test of its name.
"""

from __future__ import annotations

from collections import Counter
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
from subgraphs.product.app import create_app as create_product
from subgraphs.product.cache import CatalogCache
from subgraphs.product.cache_changes import follow_catalog_changes
from subgraphs.product.repository import spelling
from subgraphs.product.service import stock
from subgraphs.product.service.searching import keep_vocabulary
from subgraphs.product.service.stock import sweep_overdue_holds
from subgraphs.product.tables import DB as PRODUCT_DB
from tests.fixtures.rooms import RoomClient, StartRoom
from tests.subgraphs.auth.conftest import AuthClient
from tests.subgraphs.interrupted.breaking import Fault, breaking
from tests.subgraphs.interrupted.ledger import Ledger
from tests.subgraphs.interrupted.stepping import Step, Stepped
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
        return {method: "method"}

    async def forgotten_there(_: Names) -> None:
        assert till.simulator.books.attached_cards() == []

    async def let_leases_end() -> None:
        await PAYMENT_DB.execute("UPDATE payment_methods SET detach_after = now() WHERE deleted_at IS NOT NULL")

    works = Works(Ledger([PAYMENT_DB]))
    async with working(step, detach_removed_methods, till.client.room, let_leases_end) as worker:
        steps = "no transaction spans the provider: the row is the worker's for a while, and goes once it is forgotten"
        work = worker.work(removed, "detach_once", steps=steps, ignored=("detach_tries",), ends=forgotten_there)
        await works.one("detach", work)
    works.judge()
    assert await PAYMENT_DB.fetch_value("SELECT count(*) FROM payment_methods") == 0


PRICE = '{ product(by: {slug: "lamp"}) { price { amount } category { name } } }'


class Catalog:
    """A product whose price and category change while its room reads it from the cache."""

    def __init__(self, client: RoomClient, stepped: Stepped, lamp: UUID) -> None:
        self._client = client
        self._stepped = stepped
        self._lamp = lamp
        self._price = 0
        self.cache: CatalogCache = client.room.resources.cache

    async def change_what_is_cached(self) -> None:
        for _round in range(3):
            if not self.cache.trusted:
                await self._stepped.round()
        await self._client.query(PRICE)
        assert await self._client.statements(PRICE) == 0, "the cache is not in use again"
        self._price += 1
        async with PRODUCT_DB.transaction():
            await PRODUCT_DB.execute("UPDATE products SET price = $2 WHERE id = $1", self._lamp, self._price)
            await PRODUCT_DB.execute("UPDATE categories SET name = $1", f"Light {self._price}")

    async def interrupt(self, at: int, fault: Fault | None = None) -> bool:
        """One round of the worker; False when it makes fewer calls. Nobody reads what was before the change."""
        with breaking(at, fault or (Fault.LOST, Fault.REFUSED)[at % 2]) as plan:
            await self._stepped.round()
        found = (await self._client.query(PRICE))["product"]
        read = (found["price"]["amount"], found["category"]["name"])
        assert read == (f"{self._price}.00", f"Light {self._price}"), plan.calls
        return plan.fired


async def test_follow_catalog_changes(start_room: StartRoom, redis_url: str, step: Step) -> None:
    """While a change is heard, and while the worker begins to listen again."""
    async with start_room("product", create_product, redis=redis_url) as client:
        stockroom = Stockroom()
        lamp = await stockroom.product(slug="lamp", category=await stockroom.category("Light"))
        stepped = step(follow_catalog_changes.__module__)
        async with stepped.running(follow_catalog_changes(client.room)):
            stepped.moment = 10.0  # until it hears of the change that is there
            catalog, calls = Catalog(client, stepped, lamp), Counter[str]()
            while await _interrupted_when(catalog, "heard", calls):
                pass
            while await _interrupted_when(catalog, "listening again", calls):
                pass
            await catalog.change_what_is_cached()
            assert await catalog.interrupt(1, Fault.STRANGE)
    assert min(calls["heard"], calls["listening again"]) >= 3


async def _interrupted_when(catalog: Catalog, when: str, calls: Counter[str]) -> bool:
    await catalog.change_what_is_cached()
    if when == "listening again":
        assert await catalog.interrupt(1)
        assert not catalog.cache.trusted
    calls[when] += 1
    return await catalog.interrupt(calls[when])
