"""Refunds that are done and that the bank sends back: booked back once, whatever is heard, in any order (S-041)."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subgraphs.payment.http_provider import HttpProvider
from subgraphs.payment.intents import major_units
from subgraphs.payment.provider import GivenBack, ProviderRefused
from subgraphs.payment.service.outcomes import Teller
from subgraphs.payment.service.refunding import SENT_BACK, carry_out, record_refund
from subgraphs.payment.signatures import HEADER, sign
from subgraphs.payment.simulator import WEBHOOK_SECRET
from subgraphs.payment.tables import DB
from tests.fixtures.databases import RoomDatabases
from tests.subgraphs.payment.conftest import Till
from tests.subgraphs.payment.test_random_operations import Mailbag
from tests.subgraphs.payment.test_refunds import paid, refund

FATES = (
    ("succeeded",),
    ("succeeded", "failed"),
    ("pending", "succeeded"),
    ("pending", "failed"),
    ("pending", "succeeded", "failed"),
)
"""What a refund is answered as, and what becomes of it."""
_WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
ENDS = {"succeeded": "completed", "failed": "failed"}


@pytest.fixture
def mailbag(till: Till) -> Mailbag:
    till.simulator.messenger = bag = Mailbag()
    return bag


async def post(till: Till, body: bytes) -> str:
    headers = {HEADER: sign(body, WEBHOOK_SECRET), "content-type": "application/json"}
    response = await till.client.http.post("/webhooks/simulator", content=body, headers=headers)
    assert response.is_success
    return str(response.json()["outcome"])


def of_refunds(mailbag: Mailbag, *statuses: str) -> list[bytes]:
    """The messages about refunds, all or those that name one of these statuses."""
    events = [(body, orjson.loads(body)) for body in mailbag.bodies]
    return [
        body
        for body, event in events
        if event["data"]["object"]["object"] == "refund"
        and (event["data"]["object"]["status"] in statuses or not statuses)
    ]


async def booked(payment: UUID) -> tuple[str, Decimal]:
    row = await DB.fetch_row(
        """
        SELECT status, refunded_amount,
               (SELECT coalesce(sum(amount), 0) FROM refunds WHERE payment_id = p.id AND status = 'completed') AS done
        FROM payments p WHERE id = $1
        """,
        payment,
    )
    assert row["refunded_amount"] == row["done"]
    return row["status"], row["refunded_amount"]


async def test_what_the_bank_sends_back_is_booked_back_and_can_be_refunded_again(
    till: Till, mailbag: Mailbag, caplog: pytest.LogCaptureFixture
) -> None:
    payment = await paid(till)
    await refund(till, payment, "30.00")
    await refund(till, payment, "70.00")
    assert await booked(payment) == ("refunded", Decimal("100.00"))
    version = await DB.fetch_value("SELECT version FROM payments")
    first, second = till.simulator.books.refunds()
    before = SENT_BACK._value.get()
    for number, (each, expected) in enumerate(
        ((second, ("partially_refunded", Decimal("30.00"))), (first, ("completed", Decimal("0.00")))), 1
    ):
        till.simulator.end_refund(each["id"], "failed")
        for body in of_refunds(mailbag) * 2:
            await post(till, body)
        assert await booked(payment) == expected
        assert SENT_BACK._value.get() == before + number
        assert await DB.fetch_value("SELECT version FROM payments") == version + number
    assert "was sent back: expired_or_canceled_card" in caplog.text
    rows = await DB.fetch("SELECT status, processed_at IS NOT NULL, next_run_at FROM refunds")
    assert [tuple(row) for row in rows] == [("failed", True, None)] * 2
    again = await refund(till, payment, None)
    assert again["payment"] == {"status": "REFUNDED", "refundedAmount": {"amount": "100.00"}}
    told = await DB.fetch("SELECT payload->>'amount' AS amount FROM outbox WHERE type = 'payment.refunded' ORDER BY id")
    assert [row["amount"] for row in told] == ["30.00", "70.00", "100.00"]


async def test_each_change_of_what_is_sent_back_is_audited(till: Till, mailbag: Mailbag) -> None:
    payment = await paid(till)
    await refund(till, payment, "30.00")
    await DB.execute("TRUNCATE audit_log")
    till.simulator.end_refund(till.simulator.books.refunds()[0]["id"], "failed")
    for body in of_refunds(mailbag, "failed") * 2:
        await post(till, body)
    rows = await DB.fetch("SELECT table_name, action FROM audit_log ORDER BY table_name")
    assert [tuple(row) for row in rows] == [("payments", "update"), ("refunds", "update")]


@pytest.mark.parametrize("arrives", ["refund.failed", "refund.updated", "charge.refund.updated"])
async def test_each_kind_of_message_is_enough(till: Till, mailbag: Mailbag, arrives: str) -> None:
    payment = await paid(till)
    await refund(till, payment, "30.00")
    till.simulator.end_refund(till.simulator.books.refunds()[0]["id"], "failed")
    (body,) = (each for each in of_refunds(mailbag, "failed") if orjson.loads(each)["type"] == arrives)
    assert [await post(till, body), await post(till, body)] == ["received", "repeated"]
    assert await booked(payment) == ("completed", Decimal("0.00"))


async def test_a_failure_that_is_heard_before_the_answer_outlives_it(
    till: Till, mailbag: Mailbag, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment, real = await paid(till), HttpProvider.refund

    async def overtaken(self: HttpProvider, *arguments: Any) -> GivenBack:
        answer = await real(self, *arguments)
        till.simulator.end_refund(answer.reference, "failed")
        for body in of_refunds(mailbag, "failed"):
            await post(till, body)
        return answer

    monkeypatch.setattr(HttpProvider, "refund", overtaken)
    assert (await refund(till, payment, "30.00"))["refund"]["status"] == "FAILED"
    assert await booked(payment) == ("completed", Decimal("0.00"))
    assert await DB.fetch_value("SELECT count(*) FROM outbox WHERE type = 'payment.refunded'") == 0


async def test_a_card_whose_bank_sends_all_back(till: Till, mailbag: Mailbag) -> None:
    order = uuid4()
    await till.authorize(order, uuid4(), token="tok_refund_fail")
    assert await till.capture(order) == "CAPTURED"
    payment = await DB.fetch_value("SELECT id FROM payments")
    assert (await refund(till, payment, None))["refund"]["status"] == "COMPLETED"
    for body in reversed(mailbag.bodies):
        await post(till, body)
    assert await booked(payment) == ("completed", Decimal("0.00"))
    (intent,) = till.simulator.books.intents()
    assert intent["amount_refunded"] == 0


async def test_a_refusal_to_do_it_again_undoes_nothing(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two carry the same refund out; one is done when the other is refused."""
    payment, real = await paid(till), HttpProvider.refund
    promised = await DB.fetch_value(
        "INSERT INTO refunds (payment_id, amount, reason, next_run_at) VALUES ($1, 30, 'r', now()) RETURNING id",
        payment,
    )

    async def late(self: HttpProvider, *arguments: Any) -> GivenBack:
        await record_refund(promised, await real(self, *arguments), None)
        raise ProviderRefused("There is no more.", code="charge_already_refunded")

    monkeypatch.setattr(HttpProvider, "refund", late)
    await carry_out(promised, Teller(till.client.room.resources))
    assert await booked(payment) == ("partially_refunded", Decimal("30.00"))


async def test_messages_at_once_book_each_back_once(till: Till, mailbag: Mailbag, room_database: RoomDatabases) -> None:
    """All of them wait for the payment before any of them goes on."""
    payment = await paid(till)
    for _ in range(2):
        await refund(till, payment, "30.00")
    for each in till.simulator.books.refunds():
        till.simulator.end_refund(each["id"], "failed")
    told = of_refunds(mailbag, "failed")[1:4]  # two of the first refund and one of the second
    assert len({orjson.loads(body)["data"]["object"]["id"] for body in told}) == 2
    other = await asyncpg.connect(**room_database("payment").connect_arguments())
    try:
        async with other.transaction():
            await other.execute("SELECT FROM payments FOR UPDATE")
            posted = [asyncio.create_task(post(till, body)) for body in told]
            while await DB.fetch_value(_WAITING) < len(posted):
                await till.pause()
        assert await asyncio.gather(*posted) == ["received"] * 3
    finally:
        await other.close()
    assert await booked(payment) == ("completed", Decimal("0.00"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=4),
    amounts=st.lists(st.sampled_from(("10.00", "20.00", "25.00")), min_size=4, max_size=4),
    data=st.data(),
)
async def test_messages_in_any_order_any_number_of_times_come_to_one_end(
    till: Till, mailbag: Mailbag, fates: list[tuple[str, ...]], amounts: list[str], data: st.DataObject
) -> None:
    payment = await paid(till)
    mailbag.bodies.clear()
    made = [await _given(till, payment, amount, fate) for fate, amount in zip(fates, amounts, strict=False)]
    messages = of_refunds(mailbag)
    again = data.draw(st.lists(st.sampled_from(messages), max_size=8))
    batches = data.draw(st.permutations([*messages, *again, *(_renamed(body) for body in again)]))
    width = data.draw(st.integers(1, 4))
    for start in range(0, len(batches), width):
        await asyncio.gather(*(post(till, body) for body in batches[start : start + width]))
        intent_refunded = (await booked(payment))[1]
        assert 0 <= intent_refunded <= Decimal("100.00")
    rows = await DB.fetch("SELECT status FROM refunds WHERE payment_id = $1 ORDER BY created_at, id", payment)
    assert [row["status"] for row in rows] == [ENDS[fate[-1]] for fate in fates]
    kept = {each["id"]: each for each in till.simulator.books.refunds()}
    returned = sum(kept[reference]["amount"] for reference in made if kept[reference]["status"] == "succeeded")
    intent = till.simulator.books.intent(kept[made[0]]["payment_intent"])
    assert intent is not None
    assert intent["amount_refunded"] == returned
    expected = "partially_refunded" if returned else "completed"
    assert await booked(payment) == (expected, major_units(returned, "USD"))


async def _given(till: Till, payment: UUID, amount: str, fate: tuple[str, ...]) -> str:
    """A refund that the provider answers and ends as ``fate`` says; its reference there."""
    till.simulator.refund_state = fate[0]
    await refund(till, payment, amount)
    reference: str = till.simulator.books.refunds()[-1]["id"]
    for state in fate[1:]:
        till.simulator.end_refund(reference, state)
    return reference


def _renamed(body: bytes) -> bytes:
    """The same news as another message."""
    return orjson.dumps({**orjson.loads(body), "id": f"evt_{uuid4().hex}"})
