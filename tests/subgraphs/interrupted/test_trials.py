"""The trials find what a use case leaves behind that is no transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from subgraphs.kernel.database import Database
from subgraphs.payment.api import schema
from subgraphs.payment.tables import DB
from tests.subgraphs.interrupted.documents import document_of
from tests.subgraphs.interrupted.test_payment import Desk
from tests.subgraphs.interrupted.trials import Case, Contents, Trial
from tests.subgraphs.payment.conftest import Till

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
