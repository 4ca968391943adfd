"""Messages of the payment provider, interrupted at every call: told to come again, applied once (S-111)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest

from subgraphs.payment.api import webhooks
from subgraphs.payment.intents import _REFUND_STATES, _STATES
from subgraphs.payment.signatures import HEADER, sign
from subgraphs.payment.simulator import WEBHOOK_SECRET
from subgraphs.payment.tables import DB
from tests.subgraphs.interrupted.ledger import Ledger
from tests.subgraphs.interrupted.work import Names, Work, Works
from tests.subgraphs.payment.conftest import Till

pytestmark = pytest.mark.usefixtures("breakable_stores")

KINDS = {
    *(f"payment_intent {status}" for status in _STATES),
    *(f"refund {status}" for status in (*_REFUND_STATES, "failed")),
    *webhooks._STATUS,
    "about nothing here",
}
"""Every state that a message may tell of, and every reason to refuse one."""


@dataclass(slots=True)
class Message:
    """What the provider sends, and what it was answered last."""

    body: bytes
    names: Names
    at: float | None = None
    secret: str = WEBHOOK_SECRET
    statuses: list[int] = field(default_factory=list)


class Provider:
    """Makes messages about payments of its own, and sends them until they are taken."""

    def __init__(self, till: Till, http: httpx.AsyncClient) -> None:
        self._till = till
        self._http = http

    async def send(self, message: Message) -> None:
        headers = {HEADER: sign(message.body, message.secret, message.at), "content-type": "application/json"}
        response = await self._http.post("/webhooks/simulator", content=message.body, headers=headers)
        message.statuses.append(response.status_code)

    async def send_until_logged(self, message: Message) -> None:
        """A refusal is logged as often as it is heard, and nobody sends what is refused for his answer to be lost."""
        if not await DB.fetch_value("SELECT true FROM provider_messages LIMIT 1"):
            await self.send(message)

    def work(self, prepare: Callable[[], Awaitable[Message]], refused: int | None = None) -> Work:
        async def prepared() -> tuple[Message, Names]:
            message = await prepare()
            await DB.execute("DELETE FROM provider_messages")
            return message, message.names

        async def told_to_come_again(message: Message) -> None:
            assert message.statuses[-1] == 503, message.statuses

        async def taken(message: Message) -> None:
            assert message.statuses[-1] in (refused or 200, 503 if refused else 200), message.statuses

        again = self.send_until_logged if refused else self.send
        return Work(prepared, self.send, again, code="receive", holds=told_to_come_again, ends=taken)

    # -- messages -----------------------------------------------------------------------------------------------------

    def intent(self, status: str, *, given_up: bool = False) -> Callable[[], Awaitable[Message]]:
        async def prepare() -> Message:
            order = uuid4()
            assert (await self._till.authorize(order, uuid4(), token="tok_processing"))["state"] == "PROCESSING"
            if given_up:
                await DB.execute(
                    "UPDATE payments SET status = 'voided', processed_at = now() WHERE order_id = $1", order
                )
            attempt: UUID = await DB.fetch_value(
                "SELECT a.id FROM payment_attempts a JOIN payments p ON p.id = a.payment_id WHERE p.order_id = $1",
                order,
            )
            thing = {
                "id": f"pi_{attempt.hex}",
                "status": status,
                "amount": 4599,
                "amount_received": 4599 if status == "succeeded" else 0,
                "currency": "usd",
                "metadata": {"attempt_id": str(attempt)},
            }
            return _message("payment_intent.x", thing, {str(order): "order", str(attempt): "attempt"})

        return prepare

    def sent_back(self) -> Callable[[], Awaitable[Message]]:
        """A refund that is done, of which the bank will have none."""

        async def prepare() -> Message:
            order, reference = await self._till.paid(uuid4()), f"re_{uuid4().hex}"
            refund: UUID = await DB.fetch_value(
                """
                WITH given AS (
                    UPDATE payments SET refunded_amount = 10, status = 'partially_refunded' WHERE order_id = $1
                    RETURNING id)
                INSERT INTO refunds (payment_id, amount, reason, status, transaction_id, processed_at)
                SELECT id, 10, 'r', 'completed', $2, now() FROM given RETURNING id
                """,
                order,
                reference,
            )
            return _message(
                "refund.failed", {"id": reference, "status": "failed"}, {str(order): "order", str(refund): "refund"}
            )

        return prepare

    def orphan_sent_back(self) -> Callable[[], Awaitable[Message]]:
        """Orphaned money that went back, of which the bank will have nothing."""

        async def prepare() -> Message:
            order = await self._till.paid(uuid4())
            attempt: UUID = await DB.fetch_value(
                "UPDATE payment_attempts SET orphaned = true, status = 'voided' WHERE payment_id = "
                "(SELECT id FROM payments WHERE order_id = $1) RETURNING id",
                order,
            )
            key = {"refund_id": f"{attempt}:orphan:45.99:0"}
            thing = {"id": f"re_{uuid4().hex}", "status": "failed", "metadata": key}
            return _message("refund.failed", thing, {str(order): "order", str(attempt): "attempt"})

        return prepare

    def refund(self, status: str) -> Callable[[], Awaitable[Message]]:
        async def prepare() -> Message:
            order, reference = await self._till.paid(uuid4()), f"re_{uuid4().hex}"
            refund: UUID = await DB.fetch_value(
                "INSERT INTO refunds (payment_id, amount, reason, status, transaction_id, next_run_at) "
                "SELECT id, 10, 'r', 'processing', $2, now() FROM payments WHERE order_id = $1 RETURNING id",
                order,
                reference,
            )
            return _message(
                "refund.updated", {"id": reference, "status": status}, {str(order): "order", str(refund): "refund"}
            )

        return prepare


def _message(kind: str, thing: dict[str, Any], names: Names) -> Message:
    return Message(orjson.dumps({"id": f"evt_{uuid4().hex}", "type": kind, "data": {"object": thing}}), names)


async def about_nothing_here() -> Message:
    return _message("customer.created", {}, {})


async def forged() -> Message:
    return Message(orjson.dumps({"id": uuid4()}), {}, secret="whsec_wrong")


async def stale() -> Message:
    return Message(orjson.dumps({"id": uuid4()}), {}, at=1.0)


async def malformed() -> Message:
    return Message(f"junk {uuid4()}".encode(), {})


@pytest.fixture
async def provider(till: Till) -> AsyncIterator[Provider]:
    """A defect is answered as the server answers it, not raised."""
    transport = httpx.ASGITransport(app=till.client.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://payment") as http:
        yield Provider(till, http)


async def test_webhooks(provider: Provider) -> None:
    works = {f"payment_intent {status}": [provider.work(provider.intent(status))] for status in _STATES}
    works |= {f"refund {status}": [provider.work(provider.refund(status))] for status in _REFUND_STATES}
    works["refund failed"] += [provider.work(provider.sent_back()), provider.work(provider.orphan_sent_back())]
    for late in ("succeeded", "requires_capture"):
        works[f"payment_intent {late}"].append(provider.work(provider.intent(late, given_up=True)))
    works["about nothing here"] = [provider.work(about_nothing_here)]
    for refused in (forged, stale, malformed):
        works[refused.__name__] = [provider.work(refused, webhooks._STATUS[refused.__name__])]
    assert set(works) == KINDS
    tried = Works(Ledger([DB]))
    for kind, ways in works.items():
        for number, work in enumerate(ways):
            await tried.one(f"{kind} {number}", work)
    tried.judge()
