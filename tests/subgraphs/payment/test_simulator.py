"""The adapter against the simulator's HTTP: the habits of a real provider, deterministic."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from subgraphs.payment.domain import PaymentMethodType
from subgraphs.payment.http_provider import HttpProvider
from subgraphs.payment.intents import minor_units
from subgraphs.payment.provider import ChargeState, GivenBackState, ProviderRefused, ProviderUnavailable
from subgraphs.payment.simulator import SECRET, WEBHOOK_SECRET, Simulator

TEN = Decimal("10.00")


@pytest.fixture
async def provider() -> AsyncIterator[HttpProvider]:
    simulator = Simulator(hang_seconds=0.1)
    adapter = HttpProvider("simulator", simulator.app(), SECRET, WEBHOOK_SECRET, timeout=0.05)
    yield adapter
    await adapter.aclose()
    await simulator.aclose()


async def test_hold_take_and_give_back(provider: HttpProvider) -> None:
    charge = await provider.authorize("tok_visa", TEN, "USD", "order", "k1")
    assert charge.state is ChargeState.AUTHORIZED
    assert charge.facts["amount"] == 1000
    assert "payment_method" not in charge.facts
    assert (await provider.capture(charge.reference, TEN, "USD", "k2")).state is ChargeState.CAPTURED
    back = await provider.refund(charge.reference, Decimal("4.00"), "USD", "k3")
    assert back.state is GivenBackState.COMPLETED
    assert await provider.find_refund(back.reference) == back
    assert await provider.refund_under("k3", charge.reference) == back
    assert await provider.refund_under("k4", charge.reference) is None
    with pytest.raises(ProviderRefused) as refused:
        await provider.refund(charge.reference, Decimal("6.01"), "USD", "k4")
    assert refused.value.code == "charge_already_refunded"


async def test_a_key_repeats_its_answer_and_refuses_another_request(provider: HttpProvider) -> None:
    first = await provider.authorize("tok_visa", TEN, "USD", "order", "k")
    await provider.capture(first.reference, TEN, "USD", "capture")
    again = await provider.authorize("tok_visa", TEN, "USD", "order", "k")
    assert (again.reference, again.state) == (first.reference, ChargeState.AUTHORIZED)
    assert (await provider.capture(first.reference, TEN, "USD", "capture")).state is ChargeState.CAPTURED
    with pytest.raises(ProviderRefused) as refused:
        await provider.authorize("tok_amex", TEN, "USD", "order", "k")
    assert refused.value.code == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("token", "state", "code"),
    [
        ("tok_declined", ChargeState.DECLINED, "card_declined"),
        ("tok_insufficient_funds", ChargeState.DECLINED, "insufficient_funds"),
        ("pm_stolen", ChargeState.DECLINED, "stolen_card"),
        ("tok_processing", ChargeState.PROCESSING, None),
        ("tok_requires_action", ChargeState.REQUIRES_ACTION, None),
    ],
)
async def test_tokens_decide_what_happens(
    provider: HttpProvider, token: str, state: ChargeState, code: str | None
) -> None:
    charge = await provider.authorize(token, TEN, "USD", "order", "k")
    assert (charge.state, charge.decline_code) == (state, code)
    assert (charge.action_url is not None) == (state is ChargeState.REQUIRES_ACTION)


async def test_a_stored_token_stands_for_the_same_card(provider: HttpProvider) -> None:
    stored = await provider.store("tok_visa_debit", "s")
    assert stored.startswith("pm_visa_debit-")
    assert await provider.store("tok_visa_debit", "s") == stored
    assert await provider.store("tok_visa_debit", "another") != stored
    assert await provider.describe(stored) == await provider.describe("tok_visa_debit")
    assert (await provider.describe(stored)).type is PaymentMethodType.DEBIT_CARD


async def test_what_was_let_go_cannot_be_taken(provider: HttpProvider) -> None:
    charge = await provider.authorize("tok_visa", TEN, "USD", "order", "k")
    assert (await provider.void(charge.reference, "v")).state is ChargeState.VOIDED
    with pytest.raises(ProviderRefused):
        await provider.capture(charge.reference, TEN, "USD", "c")


async def test_silence_is_an_unknown_outcome() -> None:
    provider = HttpProvider("simulator", "http://127.0.0.1:9", SECRET, WEBHOOK_SECRET, timeout=0.2)
    with pytest.raises(ProviderUnavailable):
        await provider.authorize("tok_visa", TEN, "USD", "order", "k")
    await provider.aclose()


async def test_the_secret_is_asked_for() -> None:
    transport = httpx.ASGITransport(app=Simulator().app())
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as http:
        assert (await http.get("/v1/payment_methods/tok_visa")).status_code == 401


def test_amounts_become_minor_units_exactly() -> None:
    assert [minor_units(Decimal(text), "USD") for text in ("0.01", "12.34", "12", "99999999.99")] == [
        1,
        1234,
        1200,
        9999999999,
    ]
    with pytest.raises(ValueError, match="more digits"):
        minor_units(Decimal("0.001"), "USD")


HOLD: dict[str, Any] = {
    "amount": 1000,
    "currency": "usd",
    "payment_method": "pm_visa",
    "capture_method": "manual",
    "confirm": True,
    "metadata": {"order_id": "order", "attempt_id": "k"},
}


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, 400),
        ({"automatic_payment_methods": {"enabled": True}}, 400),
        ({"automatic_payment_methods": {"enabled": True, "allow_redirects": "always"}}, 400),
        ({"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}, 200),
        ({"return_url": "https://shop.example.com/orders/1"}, 200),
        ({"payment_method_types": ["card"]}, 200),
        ({"off_session": True}, 200),
    ],
)
async def test_a_buyer_who_may_be_sent_away_needs_a_page_to_return_to(more: dict[str, Any], status: int) -> None:
    """As Stripe has it since 2023-08-16; the adapters are held to it because they are tested against this."""
    simulator = Simulator()
    transport = httpx.ASGITransport(app=simulator.app())
    headers = {"authorization": f"Bearer {SECRET}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator", headers=headers) as http:
        answer = await http.post("/v1/payment_intents", json={**HOLD, **more})
    assert answer.status_code == status, answer.text
    assert len(simulator.books.intents()) == (status == 200)
    await simulator.aclose()
