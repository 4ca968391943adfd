"""A provider that fails, is asked too often or knows our secret no more has declined and forgotten nothing (§5)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.payment.http_provider import HttpProvider
from subgraphs.payment.provider import KEY_REUSED, PaymentProvider, ProviderRefused, ProviderUnavailable
from subgraphs.payment.service.outcomes import Teller
from subgraphs.payment.service.worker import work_once
from subgraphs.payment.simulator import SECRET, WEBHOOK_SECRET, Simulator
from subgraphs.payment.stripe_provider import StripeProvider
from subgraphs.payment.tables import DB
from tests.subgraphs.payment.conftest import Till, served
from tests.subgraphs.payment.test_methods import save
from tests.subgraphs.payment.test_refunds import FINANCE, REFUND

# the Stripe library's own way of handing a body to httpx
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

TROUBLE = (401, 403, 429, 500, 503)
TEN = Decimal("10.00")
Ask = Callable[[PaymentProvider, str], Awaitable[Any]]
CALLS: dict[str, Ask] = {
    "describe": lambda provider, _: provider.describe("pm_visa"),
    "store": lambda provider, _: provider.store("pm_visa", "new"),
    "forget": lambda provider, _: provider.forget("pm_visa"),
    "authorize": lambda provider, _: provider.authorize("pm_visa", TEN, "USD", "order", "new"),
    "authorize again": lambda provider, _: provider.authorize("pm_visa", TEN, "USD", "order", "held"),
    "find by key": lambda provider, _: provider.find("00000000-0000-0000-0000-000000000000", None),
    "find": lambda provider, charge: provider.find("held", charge),
    "capture": lambda provider, charge: provider.capture(charge, TEN, "USD", "c"),
    "void": lambda provider, charge: provider.void(charge, "v"),
    "refund": lambda provider, charge: provider.refund(charge, TEN, "USD", "r"),
    "refund under": lambda provider, charge: provider.refund_under("r", charge),
    "find refund": lambda provider, _: provider.find_refund("re_1"),
}


@pytest.fixture(params=["http", "stripe"])
async def provider(request: pytest.FixtureRequest, simulator: Simulator) -> AsyncIterator[PaymentProvider]:
    async with served(simulator) as address:
        adapter: PaymentProvider = (
            HttpProvider("simulator", address, SECRET, WEBHOOK_SECRET, timeout=20)
            if request.param == "http"
            else StripeProvider(SECRET, WEBHOOK_SECRET, 20.0, address)
        )
        yield adapter
        await adapter.aclose()


@pytest.fixture
def simulator() -> Simulator:
    return Simulator()


async def test_trouble_is_never_taken_for_a_refusal(provider: PaymentProvider, simulator: Simulator) -> None:
    charge = await provider.authorize("pm_visa", TEN, "USD", "order", "held")
    for status in TROUBLE:
        simulator.trouble = status
        for name, ask in CALLS.items():
            with pytest.raises(ProviderUnavailable) as raised:
                await ask(provider, charge.reference)
            assert str(status) not in str(raised.value), name  # a buyer may read it
    simulator.trouble = None
    assert [intent["status"] for intent in simulator.books.intents()] == ["requires_capture"]


async def all_due() -> None:
    await DB.execute("UPDATE payment_attempts SET next_poll_at = now() WHERE next_poll_at IS NOT NULL")
    await DB.execute("UPDATE refunds SET next_run_at = now() WHERE next_run_at IS NOT NULL")


async def statuses(order: UUID) -> tuple[str, str]:
    row = await DB.fetch_row(
        """
        SELECT p.status, a.status AS attempt FROM payments p JOIN payment_attempts a ON a.payment_id = p.id
        WHERE p.order_id = $1
        """,
        order,
    )
    return row["status"], row["attempt"]


async def hold_without_answer(till: Till, order: UUID, user: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider holds the money, and its answer never arrives."""
    real = HttpProvider.authorize

    async def lost(self: HttpProvider, *arguments: Any) -> Any:
        await real(self, *arguments)
        raise ProviderUnavailable("lost")

    with monkeypatch.context() as patch:
        patch.setattr(HttpProvider, "authorize", lost)
        assert (await till.authorize(order, user))["state"] == "PROCESSING"


@pytest.mark.parametrize("status", TROUBLE)
async def test_trouble_after_a_lost_answer_forgets_no_hold(
    till: Till, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """A secret that is rotated between a request and its repetition, for one."""
    order, user = uuid4(), uuid4()
    await hold_without_answer(till, order, user, monkeypatch)
    till.simulator.trouble = status
    outcome = await till.authorize(order, user)
    assert (outcome["state"], await statuses(order)) == ("PROCESSING", ("processing", "processing"))
    await all_due()
    assert await work_once(Teller(till.client.room.resources)) == 1
    assert await statuses(order) == ("processing", "processing")
    till.simulator.trouble = None
    await all_due()
    assert await work_once(Teller(till.client.room.resources)) == 1
    assert await statuses(order) == ("authorized", "authorized")


@pytest.mark.parametrize("status", TROUBLE)
async def test_trouble_at_any_step_is_no_end(till: Till, status: int) -> None:
    order, user, other = uuid4(), uuid4(), uuid4()
    await till.authorize(other, user)
    till.simulator.trouble = status
    assert (await till.authorize(order, user))["state"] == "PROCESSING"
    assert await till.capture(other) == "PROCESSING"
    assert await till.void(other) == "PROCESSING"
    assert await statuses(other) == ("authorized", "authorized")
    till.simulator.trouble = None
    assert (await till.authorize(order, user))["state"] == "AUTHORIZED"
    assert await till.capture(order) == "CAPTURED"
    assert await till.void(other) == "VOIDED"
    till.simulator.trouble = status
    payment = await DB.fetch_value("SELECT id FROM payments WHERE order_id = $1", order)
    variables = {"payment": str(payment), "amount": "10.00", "reason": "Damaged", "key": "r"}
    refunded = (await till.client.query(REFUND, variables, **FINANCE))["refundPayment"]
    assert (refunded["errors"], refunded["refund"]["status"]) == ([], "PROCESSING")
    till.simulator.trouble = None
    await all_due()
    await work_once(Teller(till.client.room.resources))
    assert await DB.fetch_value("SELECT status FROM refunds") == "completed"


async def test_a_refused_repetition_tells_nothing_of_the_first_request(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been refused for itself: for a key that is no longer kept, or a token that was used up."""
    order, user = uuid4(), uuid4()
    await hold_without_answer(till, order, user, monkeypatch)

    async def refused(self: HttpProvider, *_: Any) -> Any:
        raise ProviderRefused("This token was used.", code="token_already_used")

    async def not_yet(self: HttpProvider, *_: Any) -> None:
        return None

    with monkeypatch.context() as patch:
        patch.setattr(HttpProvider, "authorize", refused)
        with monkeypatch.context() as inner:
            inner.setattr(HttpProvider, "find", not_yet)  # a search index that lags
            outcome = await till.authorize(order, user)
            assert (outcome["state"], await statuses(order)) == ("PROCESSING", ("processing", "processing"))
        assert (await till.authorize(order, user))["state"] == "AUTHORIZED"
    assert await statuses(order) == ("authorized", "authorized")


async def test_a_key_that_another_request_used_first_leaves_the_outcome_open(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a process of another version asks beside this one, in other words."""
    order = uuid4()

    async def reused(self: HttpProvider, *_: Any) -> Any:
        raise ProviderRefused("This key was used for another request.", code=KEY_REUSED)

    monkeypatch.setattr(HttpProvider, "authorize", reused)
    assert (await till.authorize(order, uuid4()))["state"] == "PROCESSING"
    assert await statuses(order) == ("processing", "processing")


async def test_a_first_refusal_is_a_decline(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    order = uuid4()

    async def refused(self: HttpProvider, *_: Any) -> Any:
        raise ProviderRefused("Too small.", code="amount_too_small")

    monkeypatch.setattr(HttpProvider, "authorize", refused)
    outcome = await till.authorize(order, uuid4())
    assert (outcome["state"], outcome["declineCode"]) == ("DECLINED", "amount_too_small")
    assert await statuses(order) == ("failed", "failed")


async def test_trouble_is_no_unknown_token(till: Till) -> None:
    till.simulator.trouble = 401
    variables = {"input": {"providerToken": "tok_visa", "type": "CREDIT_CARD"}}
    mutation = "mutation($input: PaymentMethodInput!) { savePaymentMethod(input: $input) { errors { code } } }"
    answer = await till.client.send(mutation, variables, as_user=uuid4())
    assert answer["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    assert "401" not in str(answer)
    till.simulator.trouble = None
    assert (await save(till, uuid4(), "tok_visa"))["errors"] == []
