"""The provider's webhooks: in any order, any number of times, forged, old or junk; and money that turns up too late."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subgraphs.payment.domain import FORWARD, PaymentStatus
from subgraphs.payment.http_provider import HttpProvider
from subgraphs.payment.provider import ProviderUnavailable
from subgraphs.payment.service.outcomes import Teller
from subgraphs.payment.service.worker import work_once
from subgraphs.payment.signatures import HEADER, sign
from subgraphs.payment.simulator import WEBHOOK_SECRET
from subgraphs.payment.tables import DB
from tests.subgraphs.payment.conftest import Till

TYPES = {
    "requires_capture": "payment_intent.amount_capturable_updated",
    "succeeded": "payment_intent.succeeded",
    "requires_payment_method": "payment_intent.payment_failed",
    "canceled": "payment_intent.canceled",
}


def event(status: str, attempt: UUID, amount: int = 4599, **changes: Any) -> dict[str, Any]:
    intent = {
        "id": f"pi_{attempt.hex[:24]}",
        "object": "payment_intent",
        "status": status,
        "amount": amount,
        "amount_received": amount if status == "succeeded" else 0,
        "currency": "usd",
        "metadata": {"attempt_id": str(attempt)},
    }
    return {"id": f"evt_{uuid4().hex}", "type": TYPES[status], "data": {"object": intent}, **changes}


async def post(
    till: Till, message: Any, *, secret: str = WEBHOOK_SECRET, at: float | None = None, path: str = "simulator"
) -> tuple[int, str]:
    body = message if isinstance(message, bytes) else orjson.dumps(message)
    response = await till.client.http.post(
        f"/webhooks/{path}", content=body, headers={HEADER: sign(body, secret, at), "content-type": "application/json"}
    )
    return response.status_code, response.json()["outcome"]


async def orphaned(till: Till, status: str) -> float:
    """What the metrics say of late successes; the count is the process's."""
    exposed = (await till.client.http.get("/metrics")).text
    samples = (line.rpartition(" ") for line in exposed.splitlines())
    return sum(
        float(value) for name, _, value in samples if name == f'stoa_payment_orphaned_total{{status="{status}"}}'
    )


async def in_doubt(till: Till, monkeypatch: pytest.MonkeyPatch) -> tuple[UUID, UUID]:
    """An order whose authorisation the provider never answered, and its attempt."""
    order = uuid4()

    async def silent(self: HttpProvider, *arguments: Any) -> Any:
        raise ProviderUnavailable("silent")

    with monkeypatch.context() as patch:
        patch.setattr(HttpProvider, "authorize", silent)
        assert (await till.authorize(order, uuid4()))["state"] == "PROCESSING"
    attempt = await DB.fetch_value(
        "SELECT a.id FROM payment_attempts a JOIN payments p ON p.id = a.payment_id WHERE p.order_id = $1", order
    )
    return order, attempt


async def row(order: UUID) -> tuple[Any, ...]:
    return tuple(
        await DB.fetch_row("SELECT status, captured_amount, refunded_amount FROM payments WHERE order_id = $1", order)
    )


async def told() -> list[str]:
    return [found["type"] for found in await DB.fetch("SELECT type FROM outbox ORDER BY id")]


async def test_news_settle_a_payment_in_doubt_whatever_their_order(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    order, attempt = await in_doubt(till, monkeypatch)
    taken, held = event("succeeded", attempt), event("requires_capture", attempt)
    assert await post(till, taken) == (200, "received")
    assert [await post(till, held), await post(till, held), await post(till, taken)] == [
        (200, "received"),
        (200, "repeated"),
        (200, "repeated"),
    ]
    assert await row(order) == ("completed", Decimal("45.99"), Decimal("0.00"))
    assert await told() == ["payment.completed"]
    assert await till.capture(order) == "CAPTURED"


async def test_forged_old_and_unreadable_messages_are_refused_and_logged(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, attempt = await in_doubt(till, monkeypatch)
    message = event("succeeded", attempt)
    assert await post(till, message, secret="whsec_wrong") == (401, "forged")
    assert await post(till, message, at=time.time() - 86_400) == (401, "stale")
    assert await post(till, message, at=time.time() + 3_600) == (401, "stale")
    assert await post(till, b"junk") == (400, "malformed")
    assert await post(till, {"id": "evt", "type": "payment_intent.succeeded"}) == (400, "malformed")
    assert await post(till, {**message, "data": {"object": {"status": "banana"}}}) == (400, "malformed")
    unsigned = await till.client.http.post("/webhooks/simulator", content=orjson.dumps(message))
    assert unsigned.status_code == 401
    assert await post(till, message, path="other") == (404, "unknown")
    assert await post(till, b"x" * 300_000) == (413, "too_large")
    assert (await row(order))[0] == "processing"
    rows = await DB.fetch("SELECT outcome, event_id, sender, times FROM provider_messages")
    counted = Counter[str]()
    for found in rows:
        counted[found["outcome"]] += found["times"]
    assert counted == {"forged": 2, "stale": 2, "malformed": 3}
    assert {found["event_id"] for found in rows} == {None}
    assert all(found["sender"] for found in rows)
    assert await post(till, message) == (200, "received")  # the genuine one still counts
    assert await post(till, message, at=time.time() - 86_400) == (401, "stale")  # and is no use a day later


async def test_however_much_junk_comes_a_minute_leaves_a_row_of_each_kind(till: Till) -> None:
    async def forge() -> None:
        assert await post(till, event("succeeded", uuid4()), secret="whsec_wrong") == (401, "forged")

    for _ in range(5):
        await asyncio.gather(*(forge() for _ in range(10)))
    rows = await DB.fetch("SELECT times, minute FROM provider_messages")
    assert sum(found["times"] for found in rows) == 50
    assert len(rows) == len({found["minute"] for found in rows}) < 10
    await DB.execute("UPDATE provider_messages SET minute = minute - interval '1 hour'")
    await forge()
    assert await DB.fetch_value("SELECT count(*) FROM provider_messages") == len(rows) + 1


async def test_a_body_that_says_it_is_too_large_is_not_read(till: Till) -> None:
    read: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            read.append(1)
            yield b"x" * 1000

    async def sent(headers: dict[str, str]) -> int:
        """How often the body was read, at least once by the test's own client."""
        read.clear()
        request = till.client.http.build_request("POST", "/webhooks/simulator", content=endless(), headers=headers)
        assert (await till.client.http.send(request)).status_code == 413
        return len(read)

    assert await sent({"content-length": "999999999999"}) <= 1
    assert 256 < await sent({}) < 300


async def test_messages_about_nothing_known_here_are_accepted_and_ignored(till: Till) -> None:
    assert await post(till, event("succeeded", uuid4())) == (200, "received")
    assert await post(till, {"id": "evt_1", "type": "customer.created", "data": {"object": {}}}) == (200, "received")
    rows = await DB.fetch("SELECT outcome FROM provider_messages")
    assert [found["outcome"] for found in rows] == ["ignored", "ignored"]


async def test_a_hold_that_turns_up_after_the_order_was_given_up_is_let_go(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = uuid4()
    real = HttpProvider.authorize

    async def answer_lost(self: HttpProvider, *arguments: Any) -> Any:
        await real(self, *arguments)
        raise ProviderUnavailable("lost")

    async def unknown(self: HttpProvider, *arguments: Any) -> None:
        return None

    with monkeypatch.context() as patch:
        patch.setattr(HttpProvider, "authorize", answer_lost)
        patch.setattr(HttpProvider, "find", unknown)
        assert (await till.authorize(order, uuid4()))["state"] == "PROCESSING"
        assert await till.void(order) == "VOIDED"
    await DB.execute("UPDATE payment_attempts SET next_poll_at = now()")
    teller = Teller(till.client.room.resources)
    assert [await work_once(teller) for _ in range(3)] == [1, 1, 0]  # found; let go; nothing left
    attempt = await DB.fetch_row("SELECT status, orphaned, provider_reference FROM payment_attempts")
    assert (attempt["status"], attempt["orphaned"]) == ("voided", True)
    charge = await teller.provider.find("", attempt["provider_reference"])
    assert charge is not None
    assert charge.state.value == "voided"
    assert (await row(order))[0] == "voided"
    assert await told() == []


async def test_money_taken_after_the_order_was_given_up_goes_back_once(
    till: Till, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    till.simulator.hang_seconds = 0.3
    order, before = uuid4(), await orphaned(till, "completed")
    with monkeypatch.context() as patch:
        patch.setattr(till.client.room.resources, "_timeout", 0.05)
        assert (await till.authorize(order, uuid4(), token="tok_late_capture"))["state"] == "PROCESSING"
        assert await till.void(order) == "VOIDED"
    attempt = await DB.fetch_value("SELECT id FROM payment_attempts")
    while (intent := till.simulator.books.intent_of_attempt(str(attempt))) is None:
        await till.pause()
    news = {**event("succeeded", attempt), "data": {"object": intent}}
    assert await post(till, news) == (200, "received")
    assert await post(till, {**news, "id": "evt_again"}) == (200, "received")
    assert "late success" in caplog.text
    assert await orphaned(till, "completed") == before + 1
    teller = Teller(till.client.room.resources)
    assert [await work_once(teller), await work_once(teller)] == [1, 0]
    assert await row(order) == ("refunded", Decimal("45.99"), Decimal("45.99"))
    found = till.simulator.books.intent_of_attempt(str(attempt))
    assert found is not None
    assert (found["amount_received"], found["amount_refunded"]) == (4599, 4599)
    assert await told() == ["payment.refunded"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(statuses=st.lists(st.sampled_from(sorted(TYPES)), min_size=1, max_size=6))
async def test_an_attempt_only_moves_forward(till: Till, statuses: list[str]) -> None:
    order = uuid4()
    await till.authorize(order, uuid4(), token="tok_processing")
    attempt = await DB.fetch_value(
        "SELECT a.id FROM payment_attempts a JOIN payments p ON p.id = a.payment_id WHERE p.order_id = $1", order
    )
    reached = {
        "requires_capture": PaymentStatus.AUTHORIZED,
        "succeeded": PaymentStatus.COMPLETED,
        "requires_payment_method": PaymentStatus.FAILED,
        "canceled": PaymentStatus.VOIDED,
    }
    expected = PaymentStatus.PROCESSING
    for status in statuses:
        assert (await post(till, event(status, attempt)))[0] == 200
        if reached[status] in FORWARD[expected]:
            first = expected is PaymentStatus.PROCESSING
            expected = PaymentStatus.FAILED if status == "canceled" and first else reached[status]
        have = await DB.fetch_value("SELECT status FROM payment_attempts WHERE id = $1", attempt)
        assert have == expected.value
    captured = (await row(order))[1]
    assert (captured > 0) == (expected is PaymentStatus.COMPLETED)
