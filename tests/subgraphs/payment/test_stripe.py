"""The Stripe adapter against the few endpoints it calls, which the simulator serves over a socket in Stripe's form."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import orjson
import pytest

from subgraphs.payment.domain import PaymentMethodType
from subgraphs.payment.provider import (
    ChargeState,
    GivenBack,
    GivenBackState,
    NewsRefused,
    ProviderRefused,
    ProviderUnavailable,
)
from subgraphs.payment.signatures import HEADER, sign
from subgraphs.payment.simulator import SECRET, WEBHOOK_SECRET, Simulator
from subgraphs.payment.stripe_provider import StripeProvider
from tests.subgraphs.payment.conftest import served

# the library's own way of handing a body to httpx
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

TEN = Decimal("10.00")


@pytest.fixture
async def provider() -> AsyncIterator[StripeProvider]:
    async with served(Simulator(hang_seconds=3)) as address:
        adapter = StripeProvider(SECRET, WEBHOOK_SECRET, 2.0, address)
        yield adapter
        await adapter.aclose()


async def test_hold_take_and_give_back(provider: StripeProvider) -> None:
    charge = await provider.authorize("pm_visa", TEN, "USD", "order", "k1")
    assert (charge.state, charge.facts["amount"]) == (ChargeState.AUTHORIZED, 1000)
    again = await provider.authorize("pm_visa", TEN, "USD", "order", "k1")
    assert again.reference == charge.reference
    taken = await provider.capture(charge.reference, Decimal("9.00"), "USD", "k2")
    assert (taken.state, taken.captured) == (ChargeState.CAPTURED, Decimal("9.00"))
    back = await provider.refund(charge.reference, Decimal("4.00"), "USD", "k3")
    assert back.state is GivenBackState.COMPLETED
    assert await provider.find_refund(back.reference) == back
    assert await provider.refund_under("k3", charge.reference) == back
    assert await provider.refund_under("k4", charge.reference) is None
    found = await provider.find("", charge.reference)
    assert found is not None
    assert (found.captured, found.refunded) == (Decimal("9.00"), Decimal("4.00"))
    with pytest.raises(ProviderRefused) as refused:
        await provider.refund(charge.reference, Decimal("5.01"), "USD", "k4")
    assert refused.value.code == "charge_already_refunded"


async def test_a_key_is_good_for_one_request(provider: StripeProvider) -> None:
    await provider.authorize("pm_visa", TEN, "USD", "order", "k")
    with pytest.raises(ProviderRefused) as refused:
        await provider.authorize("pm_amex", TEN, "USD", "order", "k")
    assert refused.value.code == "idempotency_key_reused"


async def test_a_decline_is_an_answer(provider: StripeProvider) -> None:
    charge = await provider.authorize("pm_insufficient_funds", TEN, "USD", "order", "k")
    assert (charge.state, charge.decline_code) == (ChargeState.DECLINED, "insufficient_funds")


async def test_a_bank_that_wants_to_see_the_buyer_has_a_page_for_it(provider: StripeProvider) -> None:
    charge = await provider.authorize("pm_requires_action", TEN, "USD", "order", "k")
    assert charge.state is ChargeState.REQUIRES_ACTION
    assert charge.action_url is not None


async def test_silence_leaves_the_outcome_open(provider: StripeProvider) -> None:
    key = "4b7b3a0e-9f0e-4b57-8d3b-111111111111"
    with pytest.raises(ProviderUnavailable):
        await provider.authorize("pm_hang", TEN, "USD", "order", key)
    for _ in range(200):
        found = await provider.find(key, None)
        if found is not None:
            break
        await asyncio.sleep(0.05)
    assert found is not None
    assert found.state is ChargeState.AUTHORIZED
    assert (await provider.void(found.reference, "v")).state is ChargeState.VOIDED
    with pytest.raises(ProviderRefused):
        await provider.capture(found.reference, TEN, "USD", "c")


async def test_a_stored_method_belongs_to_a_customer(provider: StripeProvider) -> None:
    stored = await provider.store("pm_visa_debit", "s")
    assert stored.startswith("cus_")
    assert "/pm_visa_debit-" in stored
    assert await provider.store("pm_visa_debit", "s") == stored
    assert (await provider.describe(stored)).type is PaymentMethodType.DEBIT_CARD
    assert (await provider.authorize(stored, TEN, "USD", "order", "k")).state is ChargeState.AUTHORIZED
    await provider.forget(stored)
    for again in (provider.forget(stored), provider.authorize(stored, TEN, "USD", "order", "k2")):
        with pytest.raises(ProviderRefused):
            await again


async def test_messages_are_believed_when_signed_and_recent(provider: StripeProvider) -> None:
    body = orjson.dumps({"id": "evt_1", "type": "customer.created", "data": {"object": {}}})
    assert provider.news(body, {HEADER: sign(body, WEBHOOK_SECRET)}).id == "evt_1"
    for headers, outcome in (
        ({HEADER: sign(body, "whsec_guessed")}, "forged"),
        ({HEADER: "junk"}, "forged"),
        ({}, "forged"),
        ({HEADER: sign(body, WEBHOOK_SECRET, time.time() - 86_400)}, "stale"),
    ):
        with pytest.raises(NewsRefused) as refused:
            provider.news(body, headers)
        assert refused.value.outcome == outcome


STATUSES = {
    "pending": GivenBackState.PENDING,
    "requires_action": GivenBackState.PENDING,
    "succeeded": GivenBackState.COMPLETED,
    "failed": GivenBackState.FAILED,
    "canceled": GivenBackState.FAILED,
}


@pytest.mark.parametrize("kind", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"])
@pytest.mark.parametrize("status", STATUSES)
def test_messages_of_refunds_say_which_and_what_became_of_it(kind: str, status: str) -> None:
    adapter = StripeProvider(SECRET, WEBHOOK_SECRET, 2.0)
    thing = {"id": "re_1", "object": "refund", "status": status, "metadata": {"refund_id": "k"}}
    reason = "lost_or_stolen_card" if status == "failed" else None
    told = _told(kind, thing if reason is None else {**thing, "failure_reason": reason})
    news = adapter.news(told, {HEADER: sign(told, WEBHOOK_SECRET)})
    assert (news.type, news.refund, news.charge) == (kind, "k", None)
    assert news.given_back == GivenBack("re_1", STATUSES[status], reason)


def test_what_is_not_known_of_a_refund_is_no_failure() -> None:
    adapter = StripeProvider(SECRET, WEBHOOK_SECRET, 2.0)
    invented = _told("refund.updated", {"id": "re_1", "object": "refund", "status": "invented_tomorrow"})
    with pytest.raises(NewsRefused) as refused:
        adapter.news(invented, {HEADER: sign(invented, WEBHOOK_SECRET)})
    assert refused.value.outcome == "malformed"
    by_hand = _told("refund.failed", {"id": "re_2", "object": "refund", "status": "failed", "metadata": None})
    assert adapter.news(by_hand, {HEADER: sign(by_hand, WEBHOOK_SECRET)}).refund is None
    charge = _told("charge.refunded", {"id": "ch_1", "object": "charge", "amount_refunded": 1000})
    news = adapter.news(charge, {HEADER: sign(charge, WEBHOOK_SECRET)})
    assert (news.refund, news.given_back, news.charge) == (None, None, None)


def _told(kind: str, thing: dict[str, Any]) -> bytes:
    return orjson.dumps({"id": "evt_1", "type": kind, "data": {"object": thing}})
