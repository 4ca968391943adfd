"""The trials find what a use case leaves behind that is no transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from subgraphs.kernel.database import Database
from subgraphs.payment.api import schema
from subgraphs.payment.tables import DB
from subgraphs.product.app import ROOM as PRODUCT
from subgraphs.product.app import create_app as create_product
from tests.fixtures.rooms import StartRoom
from tests.subgraphs.interrupted.documents import document_of
from tests.subgraphs.interrupted.handling import hearing
from tests.subgraphs.interrupted.ledger import Ledger
from tests.subgraphs.interrupted.stepping import Step, Stepped
from tests.subgraphs.interrupted.test_payment import Desk
from tests.subgraphs.interrupted.trials import Case, Contents, Trial
from tests.subgraphs.interrupted.work import Works
from tests.subgraphs.payment.conftest import Till
from tests.subgraphs.product.conftest import Stockroom

pytestmark = pytest.mark.usefixtures("breakable_stores")

NAME = "setDefaultPaymentMethod"


@asynccontextmanager
async def no_transaction(self: Database, allow_nested: bool = True) -> AsyncIterator[None]:
    yield


async def test_statements_that_are_no_transaction_are_found(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    async def tried() -> str:
        wrong: list[str] = []
        case = Case(Desk(till).method)
        await Trial("payment", NAME, document_of(schema._schema, NAME), case, Contents([DB]), wrong).run()
        return "\n".join(wrong)

    assert await tried() == ""
    monkeypatch.setattr(Database, "transaction", no_transaction)
    assert "left changed ['payment.audit_log', 'payment.payment_methods']" in await tried()


async def test_a_handler_that_is_no_transaction_is_found(
    start_room: StartRoom, redis_url: str, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def delivered() -> dict[str, Any]:
        who, product = uuid4(), await stockroom.product()
        await stockroom.review(product, who)
        return {"user_id": str(who), "order_id": str(uuid4()), "items": [{"product_id": str(product)}]}

    async def tried() -> None:
        works = Works(Ledger([client.room.database]))
        async with hearing(client, step) as heard:
            await works.one("order.delivered", heard.work(item, delivered))
        works.judge()

    stockroom, (item,) = Stockroom(), [item for item in PRODUCT.listens if item.type == "order.delivered"]
    async with start_room("product", create_product, redis=redis_url) as client:
        await tried()
        monkeypatch.setattr(Database, "transaction", no_transaction)
        with pytest.raises(AssertionError, match=r"half done: \n  - product.audit_log \+1"):
            await tried()


async def test_a_loop_that_ends_is_found() -> None:
    async def once() -> None:
        await stepped.rest()

    stepped = Stepped()
    async with stepped.running(once()):
        with pytest.raises(AssertionError, match="the loop ended"):
            await stepped.round()
