"""Authorise, capture, void through the hidden operations: once per key, declines as answers, nothing secret kept."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from subgraphs.payment.http_provider import HttpProvider
from subgraphs.payment.provider import ProviderUnavailable
from subgraphs.payment.simulator import TOKENS
from subgraphs.payment.tables import DB
from tests.subgraphs.payment.conftest import AUTHORIZE, CAPTURE, VOID, Till


async def test_a_payment_is_held_then_taken_with_one_event(till: Till) -> None:
    order, user = uuid4(), uuid4()
    outcome = await till.authorize(order, user)
    assert (outcome["state"], outcome["declineCode"]) == ("AUTHORIZED", None)
    row = await DB.fetch_row("SELECT * FROM payments")
    assert (row["status"], row["authorized_amount"], row["captured_amount"]) == ("authorized", Decimal("45.99"), 0)
    assert (row["payment_method"], row["method_summary"], row["processed_at"]) == (
        "credit_card",
        "Visa •••• 4242",
        None,
    )
    assert [await till.capture(order) for _ in range(3)] == ["CAPTURED"] * 3
    row = await DB.fetch_row("SELECT * FROM payments")
    assert (row["status"], row["captured_amount"]) == ("completed", Decimal("45.99"))
    assert row["processed_at"] is not None
    events = await DB.fetch("SELECT type, version, payload FROM outbox")
    assert [(event["type"], event["version"]) for event in events] == [("payment.completed", row["version"])]
    assert events[0]["payload"]["amount"] == "45.99"


async def test_parallel_equal_requests_are_one_attempt_and_one_capture(till: Till) -> None:
    order, user = uuid4(), uuid4()
    outcomes = await asyncio.gather(*(till.authorize(order, user) for _ in range(10)))
    assert {outcome["state"] for outcome in outcomes} == {"AUTHORIZED"}
    assert set(await asyncio.gather(*(till.capture(order) for _ in range(10)))) == {"CAPTURED"}
    assert await DB.fetch_value("SELECT count(*) FROM payment_attempts") == 1
    assert await DB.fetch_value("SELECT count(*) FROM outbox WHERE type = 'payment.completed'") == 1


async def test_a_key_is_good_for_one_request_only(till: Till) -> None:
    order, user = uuid4(), uuid4()
    await till.authorize(order, user)
    for changes in ({"token": "tok_amex"}, {"amount": "1.00"}):
        answer = await till.client.send(AUTHORIZE, till.asked(order, user, **changes), as_service="order")
        assert answer["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    other = await till.client.send(AUTHORIZE, till.asked(order, user, amount="1.00", key="k2"), as_service="order")
    assert other["errors"][0]["extensions"]["code"] == "PAYMENT_MISMATCH"


async def test_a_second_key_never_charges_a_paid_order_again(till: Till) -> None:
    user = uuid4()
    order = await till.paid(user)
    assert (await till.authorize(order, user, key="another"))["state"] == "CAPTURED"
    assert await DB.fetch_value("SELECT count(*) FROM payment_attempts") == 1


async def test_a_decline_fails_the_attempt_and_another_may_follow(till: Till) -> None:
    order, user = uuid4(), uuid4()
    for _ in range(2):  # the repetition gets the same answer
        outcome = await till.authorize(order, user, token="tok_insufficient_funds")
        assert (outcome["state"], outcome["declineCode"]) == ("DECLINED", "insufficient_funds")
    row = await DB.fetch_row("SELECT status, processed_at FROM payments")
    assert row["status"] == "failed"
    assert row["processed_at"] is not None
    assert [row["type"] for row in await DB.fetch("SELECT type FROM outbox")] == ["payment.failed"]
    assert (await till.authorize(order, user, key="2"))["state"] == "AUTHORIZED"
    rows = await DB.fetch("SELECT status, error_code FROM payment_attempts ORDER BY created_at")
    assert [tuple(row) for row in rows] == [("failed", "insufficient_funds"), ("authorized", None)]


UNUSABLE: list[tuple[dict[str, Any], str]] = [
    ({"token": "tok_unknown"}, "invalid_payment_token"),
    ({"token": "tok_expired"}, "expired_card"),
    ({"token": None, "method": str(uuid4())}, "payment_method_not_found"),
]


async def test_means_that_cannot_be_used_are_declines(till: Till) -> None:
    for changes, code in UNUSABLE:
        outcome = await till.authorize(uuid4(), uuid4(), **changes)
        assert (outcome["state"], outcome["declineCode"]) == ("DECLINED", code)


JUNK: list[tuple[dict[str, Any], str]] = [
    ({"amount": "0"}, "AMOUNT_OUT_OF_RANGE"),
    ({"amount": "-1.00"}, "AMOUNT_OUT_OF_RANGE"),
    ({"amount": "1.005"}, "AMOUNT_SCALE"),
    ({"amount": "100000000"}, "AMOUNT_OUT_OF_RANGE"),
    ({"currency": "KWD"}, "CURRENCY_NOT_SUPPORTED"),
    ({"token": "4242 4242 4242 4242"}, "CARD_NUMBER_REFUSED"),
    ({"token": None}, "PAYMENT_SOURCE_REQUIRED"),
    ({"token": "tok/../../payment_intents/pi_1"}, "TOKEN_INVALID"),
    ({"method": "junk"}, "NOT_FOUND"),
]


async def test_junk_is_refused_and_leaves_no_row(till: Till) -> None:
    for changes, code in JUNK:
        answer = await till.client.send(AUTHORIZE, till.asked(uuid4(), uuid4(), **changes), as_service="order")
        assert (changes, answer["errors"][0]["extensions"]["code"]) == (changes, code)
    assert await DB.fetch_value("SELECT count(*) FROM payments") == 0


async def test_an_unknown_outcome_is_processing_and_a_repetition_settles_it(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, user = uuid4(), uuid4()
    real = HttpProvider.authorize

    async def answer_lost(self: HttpProvider, *arguments: Any) -> Any:
        await real(self, *arguments)  # the provider has acted
        raise ProviderUnavailable("lost")

    with monkeypatch.context() as patch:
        patch.setattr(HttpProvider, "authorize", answer_lost)
        assert (await till.authorize(order, user))["state"] == "PROCESSING"
    row = await DB.fetch_row("SELECT p.status, a.status AS attempt FROM payments p JOIN payment_attempts a ON true")
    assert tuple(row) == ("processing", "processing")  # written before the provider was asked
    assert (await till.authorize(order, user, key="other"))["state"] == "PROCESSING"  # no second charge beside it
    assert (await till.authorize(order, user))["state"] == "AUTHORIZED"
    assert await DB.fetch_value("SELECT count(*) FROM payment_attempts") == 1


async def test_a_provider_that_does_not_know_the_means_yet_has_declined_nothing(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decline would end the checkout; silence lets the order service ask again under its key."""
    order, user = uuid4(), uuid4()

    async def silent(self: HttpProvider, token: str) -> Any:
        raise ProviderUnavailable("silent")

    with monkeypatch.context() as patch:
        patch.setattr(HttpProvider, "describe", silent)
        outcome = await till.authorize(order, user)
    assert (outcome["state"], outcome["declineCode"]) == ("PROCESSING", "provider_unavailable")
    assert (await till.authorize(order, user))["state"] == "AUTHORIZED"


async def test_a_capture_in_doubt_is_asked_again_under_the_same_key(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = uuid4()
    await till.authorize(order, uuid4())
    real = HttpProvider.capture

    async def answer_lost(self: HttpProvider, *arguments: Any) -> Any:
        await real(self, *arguments)
        raise ProviderUnavailable("lost")

    with monkeypatch.context() as patch:
        patch.setattr(HttpProvider, "capture", answer_lost)
        assert await till.capture(order) == "PROCESSING"
    assert await till.capture(order) == "CAPTURED"


async def test_a_held_payment_is_let_go_and_a_taken_one_is_not(till: Till) -> None:
    held, user = uuid4(), uuid4()
    await till.authorize(held, user)
    assert [await till.void(held), await till.void(held)] == ["VOIDED", "VOIDED"]
    assert await till.capture(held) == "VOIDED"
    row = await DB.fetch_row("SELECT status, authorized_amount FROM payments")
    assert tuple(row) == ("voided", Decimal("0.00"))
    assert [await till.void(uuid4()), await till.capture(uuid4())] == ["NONE", "NONE"]


async def test_what_was_taken_is_given_back_when_the_order_is_given_up(till: Till) -> None:
    order = await till.paid(uuid4())
    assert [await till.void(order), await till.void(order)] == ["REFUNDED", "REFUNDED"]
    row = await DB.fetch_row("SELECT status, captured_amount, refunded_amount FROM payments")
    assert tuple(row) == ("refunded", Decimal("45.99"), Decimal("45.99"))
    told = [row["type"] for row in await DB.fetch("SELECT type FROM outbox ORDER BY id")]
    assert told == ["payment.completed", "payment.refunded"]


async def test_an_order_given_up_before_it_had_a_payment_gets_none(till: Till) -> None:
    order = uuid4()
    assert await till.void(order) == "NONE"
    assert (await till.authorize(order, uuid4()))["state"] == "VOIDED"  # a request that was under way all the time
    assert await DB.fetch_value("SELECT count(*) FROM payments") == 0


async def test_hidden_operations_are_for_services_only(till: Till) -> None:
    variables = till.asked(uuid4(), uuid4())
    callers: list[dict[str, Any]] = [{}, {"as_user": uuid4()}, {"as_user": uuid4(), "scopes": ("payments:capture",)}]
    for operation in (AUTHORIZE, CAPTURE, VOID):
        for caller in callers:
            answer = await till.client.send(operation, variables, **caller)
            assert answer["errors"][0]["extensions"]["code"] in ("FORBIDDEN", "UNAUTHENTICATED")
    assert await DB.fetch_value("SELECT count(*) FROM payments") == 0


async def test_nothing_that_could_charge_a_card_is_kept(till: Till) -> None:
    user = uuid4()
    for name in ("visa", "declined", "paypal"):
        await till.authorize(uuid4(), user, token=f"tok_{name}", key=name)
    rows = await DB.fetch(
        "SELECT to_jsonb(p) - 'payment_method' AS p, to_jsonb(a) AS a FROM payments p, payment_attempts a"
    )
    text = str([dict(row) for row in rows])
    assert not any(f"tok_{name}" in text or f"pm_{name}" in text for name in TOKENS)


async def test_broken_sums_are_refused_by_the_database(till: Till) -> None:
    await till.paid(uuid4())
    for statement in (
        "UPDATE payments SET refunded_amount = captured_amount + 0.01",
        "UPDATE payments SET captured_amount = amount + 0.01",
        "UPDATE payments SET processed_at = NULL",
        "UPDATE payments SET status = 'banana'",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await DB.execute(statement)
