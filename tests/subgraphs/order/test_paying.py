"""Payments that do not go through at once: declined, in doubt, impossible, or too late for the goods."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from subgraphs.kernel.service_client import ServiceClient
from subgraphs.order.tables import DB as ORDER_DB
from subgraphs.payment.tables import DB as PAYMENT_DB
from tests.subgraphs.order.buying import RETRY, buy, events, fill, wanted
from tests.subgraphs.order.conftest import Shop, add_product


async def test_a_declined_order_waits_and_is_paid_by_other_means(shop: Shop) -> None:
    user = uuid4()
    lamp = await add_product(stock=5)
    input = wanted(await fill(shop, user, lamp), "20.00", paymentToken="tok_insufficient_funds")
    payload = await buy(shop, user, input)
    (error,) = payload["errors"]
    assert (error["__typename"], error["declineCode"], error["retryable"]) == (
        "PaymentDeclinedError",
        "insufficient_funds",
        True,
    )
    order = payload["order"]
    assert (order["status"], order["checkoutState"]) == ("PENDING", "AWAITING_PAYMENT")
    assert await shop.stock(lamp) == (5, 1)  # held for the retry
    replay = await buy(shop, user, input)
    assert (replay["replayed"], replay["errors"][0]["code"]) == (True, "PAYMENT_DECLINED")
    retry = {"order": order["id"], "token": "tok_visa", "key": "second"}
    stranger = await shop.order.query(RETRY, retry, as_user=uuid4())
    assert stranger["retryPayment"]["errors"][0]["code"] == "NOT_FOUND"
    paid = (await shop.order.query(RETRY, retry, as_user=user))["retryPayment"]
    assert paid == {"replayed": False, "order": {"status": "CONFIRMED", "checkoutState": "COMPLETED"}, "errors": []}
    assert (await shop.order.query(RETRY, retry, as_user=user))["retryPayment"]["replayed"]
    assert await shop.stock(lamp) == (4, 0)
    rows = await PAYMENT_DB.fetch("SELECT status FROM payment_attempts ORDER BY created_at")
    assert [row["status"] for row in rows] == ["failed", "completed"]
    late = await shop.order.query(RETRY, {**retry, "key": "third"}, as_user=user)
    assert late["retryPayment"]["errors"][0]["code"] == "NOT_AWAITING_PAYMENT"


async def test_a_retry_whose_process_vanished_is_continued_by_its_repetition(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = uuid4()
    lamp = await add_product(stock=5)
    declined = await buy(shop, user, wanted(await fill(shop, user, lamp), "20.00", paymentToken="tok_declined"))
    retry = {"order": declined["order"]["id"], "token": "tok_visa", "key": "again"}

    async def vanish(self: ServiceClient, *arguments: Any, **options: Any) -> dict[str, Any]:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(ServiceClient, "execute", vanish)
        with pytest.raises(asyncio.CancelledError):
            await shop.order.query(RETRY, retry, as_user=user)
    running = (await shop.order.query(RETRY, retry, as_user=user))["retryPayment"]
    assert running["errors"][0]["code"] == "IN_PROGRESS"
    await ORDER_DB.execute("UPDATE checkout_sagas SET lease_until = now() - interval '1 second'")
    paid = (await shop.order.query(RETRY, retry, as_user=user))["retryPayment"]
    assert paid["order"] == {"status": "CONFIRMED", "checkoutState": "COMPLETED"}
    assert await shop.stock(lamp) == (4, 0)


IMPOSSIBLE = [
    ({"paymentToken": ""}, "invalid_payment_token", "paymentToken"),
    ({"paymentToken": "a\x00b"}, "invalid_payment_token", "paymentToken"),
    ({"paymentToken": "x" * 5000}, "invalid_payment_token", "paymentToken"),
    ({"paymentToken": "4242 4242 4242 4242"}, "card_number_refused", "paymentToken"),
    ({"paymentToken": None, "paymentMethodId": "junk"}, "payment_method_not_found", "paymentMethodId"),
    ({"paymentToken": None, "paymentMethodId": str(uuid4())}, "payment_method_not_found", "paymentMethodId"),
]


async def test_means_of_payment_that_cannot_be_are_declines(shop: Shop) -> None:
    user, lamp = uuid4(), await add_product(stock=50)
    for source, code, argument in IMPOSSIBLE:
        input = wanted(await fill(shop, user, lamp), "20.00", **source)
        for _ in range(2):  # the answer, and its repetition
            payload = await buy(shop, user, input)
            assert payload["order"]["checkoutState"] == "AWAITING_PAYMENT"
            (error,) = payload["errors"]
            assert (error["declineCode"], error["retryable"], error["path"]) == (code, True, ["input", argument])
        retry = {"order": payload["order"]["id"], "token": "", "key": uuid4().hex}
        (error,) = (await shop.order.query(RETRY, retry, as_user=user))["retryPayment"]["errors"]
        assert (error["declineCode"], error["path"]) == ("invalid_payment_token", ["paymentToken"])
        retry = {"order": payload["order"]["id"], "token": "tok_visa", "key": uuid4().hex}
        paid = (await shop.order.query(RETRY, retry, as_user=user))["retryPayment"]
        assert (paid["order"]["status"], paid["errors"]) == ("CONFIRMED", [])


async def test_what_may_be_a_card_number_is_kept_nowhere(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    user, lamp = uuid4(), await add_product(stock=5)
    number = "4242 4242 4242 4242"

    async def vanish(self: ServiceClient, query: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        if "ReserveStock" in query:
            raise asyncio.CancelledError  # the saga row stays as it was begun
        return await real(self, query, *arguments, **options)

    real = ServiceClient.execute
    version = await fill(shop, user, lamp)
    monkeypatch.setattr(ServiceClient, "execute", vanish)
    with pytest.raises(asyncio.CancelledError):
        await buy(shop, user, wanted(version, "20.00", paymentToken=number))
    kept = await ORDER_DB.fetch_row(
        "SELECT to_jsonb(s)::text || (SELECT jsonb_agg(to_jsonb(k))::text FROM idempotency_keys k) AS all, s.source "
        "FROM checkout_sagas s"
    )
    assert kept["source"] == {"impossible": "card_number_refused"}
    assert "4242" not in kept["all"]


async def test_after_five_declines_it_is_over(shop: Shop) -> None:
    user = uuid4()
    lamp = await add_product()
    payload = await buy(shop, user, wanted(await fill(shop, user, lamp), "20.00", paymentToken="tok_declined"))
    answers = []
    for attempt in range(2, 7):
        retry = {"order": payload["order"]["id"], "token": "tok_declined", "key": f"try {attempt}"}
        answers.append((await shop.order.query(RETRY, retry, as_user=user))["retryPayment"]["errors"][0])
    assert [answer.get("retryable") for answer in answers] == [True, True, True, False, None]
    assert answers[-1]["code"] == "TOO_MANY_ATTEMPTS"


@pytest.mark.parametrize(
    ("token", "kind", "state"),
    [("tok_requires_action", "REDIRECT", "AUTHORIZING"), ("tok_processing", "WAIT", "AUTHORIZING")],
)
async def test_a_payment_in_doubt_is_never_guessed(shop: Shop, token: str, kind: str, state: str) -> None:
    user = uuid4()
    lamp = await add_product()
    payload = await buy(shop, user, wanted(await fill(shop, user, lamp), "20.00", paymentToken=token))
    assert payload["errors"] == []
    assert payload["nextAction"]["kind"] == kind
    assert (payload["order"]["status"], payload["order"]["checkoutState"]) == ("PENDING", state)
    assert await shop.stock(lamp) == (10, 1)


async def test_goods_lost_while_paying_are_compensated(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    user = uuid4()
    lamp = await add_product(stock=5)
    input = wanted(await fill(shop, user, lamp), "20.00")
    real = ServiceClient.execute

    async def expire(self: ServiceClient, query: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        if "AuthorizePayment" in query:
            await shop.product.query(
                'mutation($o: ID!) { releaseReservation(orderId: $o, reason: "expired") { ok } }',
                {"o": arguments[0]["orderId"]},
                as_service="order",
            )
        return await real(self, query, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(ServiceClient, "execute", expire)
        payload = await buy(shop, user, input)
    assert payload["errors"][0]["code"] == "OUT_OF_STOCK"
    assert (payload["order"]["status"], payload["order"]["checkoutState"]) == ("CANCELLED", "FAILED")
    assert await shop.stock(lamp) == (5, 0)
    assert await PAYMENT_DB.fetch_value("SELECT status FROM payments") == "voided"
    assert [name for name, _ in await events(ORDER_DB)] == ["order.created", "order.cancelled"]
    assert (await buy(shop, user, input))["errors"][0]["code"] == "OUT_OF_STOCK"
