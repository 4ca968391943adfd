"""Orphaned money: what a payment does not count goes back once, and never more than is left of it (§5)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from subgraphs.payment.http_provider import HttpProvider
from subgraphs.payment.provider import ProviderUnavailable
from subgraphs.payment.service.outcomes import Teller
from subgraphs.payment.service.returning import MAX_FAILED, RETURN_FAILED
from subgraphs.payment.service.worker import work_once
from subgraphs.payment.signatures import HEADER, sign
from subgraphs.payment.simulator import WEBHOOK_SECRET
from subgraphs.payment.tables import DB
from tests.subgraphs.payment.conftest import Till

COUNTED = ("completed", Decimal("45.99"), Decimal("0.00"))


def change(till: Till, attempt: UUID, status: str, received: int = 0, refunded: int = 0) -> dict[str, Any]:
    """The attempt's intent after somebody changed it at the provider's own desk."""
    intent = till.simulator.books.intent_of_attempt(str(attempt))
    assert intent is not None
    intent.update(status=status, amount_received=received, amount_refunded=refunded)
    till.simulator.books.put_intent(intent)
    return intent


async def tell(till: Till, kind: str, intent: dict[str, Any]) -> None:
    body = orjson.dumps({"id": f"evt_{uuid4().hex}", "type": f"payment_intent.{kind}", "data": {"object": intent}})
    headers = {HEADER: sign(body, WEBHOOK_SECRET, None), "content-type": "application/json"}
    response = await till.client.http.post("/webhooks/simulator", content=body, headers=headers)
    assert response.json()["outcome"] == "received"


async def payment(order: UUID) -> tuple[Any, ...]:
    return tuple(
        await DB.fetch_row("SELECT status, captured_amount, refunded_amount FROM payments WHERE order_id = $1", order)
    )


def returned(till: Till, attempt: UUID) -> int:
    """What the provider gave back of the attempt's money; of the money that the payment counts, nothing."""
    by_attempt = {each["metadata"]["attempt_id"]: each["amount_refunded"] for each in till.simulator.books.intents()}
    amount: int = by_attempt.pop(str(attempt))
    assert set(by_attempt.values()) == {0}
    return amount


async def declined_then_paid(till: Till) -> tuple[UUID, UUID]:
    """An order that a second attempt paid, and the first attempt."""
    order, user = uuid4(), uuid4()
    assert (await till.authorize(order, user, token="tok_declined"))["state"] == "DECLINED"
    first = await DB.fetch_value("SELECT id FROM payment_attempts")
    await till.authorize(order, user, key="2")
    assert await till.capture(order) == "CAPTURED"
    return order, first


async def settled(till: Till, rounds: int = 3) -> list[tuple[str, bool, bool]]:
    """The attempts after some rounds of the worker: status, whether orphaned, whether still open."""
    for _ in range(rounds):
        await DB.execute("UPDATE payment_attempts SET next_poll_at = now() WHERE next_poll_at IS NOT NULL")
        await work_once(Teller(till.client.room.resources))
    return [
        tuple(found)
        for found in await DB.fetch(
            "SELECT status, orphaned, next_poll_at IS NOT NULL FROM payment_attempts ORDER BY created_at"
        )
    ]


@pytest.mark.parametrize(("received", "refunded"), [(4599, 0), (4599, 1000), (3000, 0), (3000, 500), (3000, 3000)])
async def test_a_second_attempts_money_is_not_taken_twice(till: Till, received: int, refunded: int) -> None:
    order, first = await declined_then_paid(till)
    await tell(till, "succeeded", change(till, first, "succeeded", received, refunded))
    assert await payment(order) == COUNTED
    assert await settled(till) == [("voided", True, False), ("completed", False, False)]
    assert returned(till, first) == received
    assert await payment(order) == COUNTED


@pytest.mark.parametrize("acted", [True, False])
async def test_orphaned_money_goes_back_once_when_the_answer_is_lost(
    till: Till, monkeypatch: pytest.MonkeyPatch, acted: bool
) -> None:
    _, first = await declined_then_paid(till)
    await tell(till, "succeeded", change(till, first, "succeeded", 4599))
    real = HttpProvider.refund

    async def lost(self: HttpProvider, *arguments: Any) -> Any:
        if acted:
            await real(self, *arguments)
        raise ProviderUnavailable("lost")

    with monkeypatch.context() as patch:
        patch.setattr(HttpProvider, "refund", lost)
        assert (await settled(till, rounds=1))[0] == ("completed", True, True)
    if not acted:
        change(till, first, "succeeded", 4599, 1000)
    assert (await settled(till))[0] == ("voided", True, False)
    assert returned(till, first) == 4599


async def test_a_part_given_back_while_the_worker_asks_leaves_the_rest_for_the_next_round(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first = await declined_then_paid(till)
    await tell(till, "succeeded", change(till, first, "succeeded", 4599))
    real = HttpProvider.refund

    async def too_late(self: HttpProvider, *arguments: Any) -> Any:
        change(till, first, "succeeded", 4599, 1000)
        return await real(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(HttpProvider, "refund", too_late)
        assert (await settled(till, rounds=1))[0] == ("completed", True, True)
    assert (await settled(till))[0] == ("voided", True, False)
    assert returned(till, first) == 4599


async def test_an_orphaned_hold_that_was_taken_without_a_message_goes_back(till: Till) -> None:
    order, first = await declined_then_paid(till)
    await tell(till, "amount_capturable_updated", change(till, first, "requires_capture"))
    assert await DB.fetch_value("SELECT status FROM payment_attempts WHERE orphaned") == "authorized"
    change(till, first, "succeeded", 4599)
    assert (await settled(till))[0] == ("voided", True, False)
    assert returned(till, first) == 4599
    assert await payment(order) == COUNTED


# -- refunds of it that end late ---------------------------------------------------------------------------------------


async def orphaned(till: Till, token: str | None = None) -> UUID:
    """The attempt of orphaned money, taken from a card of this kind."""
    _, first = await declined_then_paid(till)
    intent = change(till, first, "succeeded", 4599)
    if token is not None:
        till.simulator.books.put_intent({**intent, "payment_method": token})
    await tell(till, "succeeded", intent)
    return first


def asked_for(till: Till, attempt: UUID) -> list[tuple[str, str]]:
    """The refunds of the attempt's money, as the provider has them: id and status."""
    return [
        (each["id"], each["status"])
        for each in till.simulator.books.refunds()
        if each["metadata"]["refund_id"].startswith(f"{attempt}:orphan:")
    ]


async def tell_of_refunds(till: Till) -> None:
    """All messages about refunds, as they are now."""
    for each in till.simulator.books.refunds():
        body = orjson.dumps({"id": f"evt_{uuid4().hex}", "type": "refund.updated", "data": {"object": each}})
        headers = {HEADER: sign(body, WEBHOOK_SECRET, None), "content-type": "application/json"}
        response = await till.client.http.post("/webhooks/simulator", content=body, headers=headers)
        assert response.json()["outcome"] == "received"


@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize("ends", [["succeeded"], ["failed", "succeeded"], ["failed", "failed", "succeeded"]])
async def test_a_return_under_way_is_looked_at_until_it_ends_and_asked_for_again_when_it_failed(
    till: Till, ends: list[str], told: bool
) -> None:
    first = await orphaned(till)
    till.simulator.refund_state = "pending"
    for number, end in enumerate(ends, 1):
        assert (await settled(till))[0] == ("completed", True, True)
        assert len(asked_for(till, first)) == number
        till.simulator.end_refund(asked_for(till, first)[-1][0], end)
        if told:
            await tell_of_refunds(till)
    assert (await settled(till))[0] == ("voided", True, False)
    assert [status for _, status in asked_for(till, first)] == ends
    assert returned(till, first) == 4599


async def test_a_return_that_always_fails_becomes_staffs_until_it_is_given_back_otherwise(
    till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    first, before = await orphaned(till, "tok_refund_fail"), RETURN_FAILED._value.get()
    assert (await settled(till, rounds=MAX_FAILED + 3))[0] == ("completed", True, True)
    assert [status for _, status in asked_for(till, first)] == ["failed"] * MAX_FAILED
    assert RETURN_FAILED._value.get() == before + MAX_FAILED + 2
    assert "45.99 is left" in caplog.text
    change(till, first, "succeeded", 4599, 4599)
    assert (await settled(till))[0] == ("voided", True, False)


async def test_a_return_that_the_bank_sends_back_goes_again(till: Till) -> None:
    first = await orphaned(till)
    assert (await settled(till))[0] == ("voided", True, False)
    till.simulator.end_refund(asked_for(till, first)[0][0], "failed")
    assert returned(till, first) == 0
    await tell_of_refunds(till)
    assert (await settled(till, rounds=0))[0] == ("completed", True, True)
    assert (await settled(till))[0] == ("voided", True, False)
    await tell_of_refunds(till)  # late and again
    assert (await settled(till))[0] == ("voided", True, False)
    assert [status for _, status in asked_for(till, first)] == ["failed", "succeeded"]
    assert returned(till, first) == 4599


@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize("moment", ["refunds_of", "find"])
async def test_what_fails_while_the_worker_looks_is_not_taken_for_returned(
    till: Till, monkeypatch: pytest.MonkeyPatch, moment: str, told: bool
) -> None:
    first = await orphaned(till)
    assert (await settled(till, rounds=1))[0] == ("completed", True, True)
    real = getattr(HttpProvider, moment)

    async def fails_after(self: HttpProvider, *arguments: Any) -> Any:
        answer = await real(self, *arguments)
        till.simulator.end_refund(asked_for(till, first)[0][0], "failed")
        if told:
            await tell_of_refunds(till)
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(HttpProvider, moment, fails_after)
        await settled(till, rounds=1)
    if not told:
        await tell_of_refunds(till)
    assert (await settled(till))[0] == ("voided", True, False)
    assert returned(till, first) == 4599
