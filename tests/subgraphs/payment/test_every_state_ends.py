"""From wherever an attempt or a refund is left open, the worker alone brings it to where the provider says it is (§5).

No message comes and nobody asks again; nothing of what the provider did may stay unknown for ever.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.payment.domain import PaymentStatus, RefundStatus
from subgraphs.payment.http_provider import HttpProvider
from subgraphs.payment.intents import charge_of, major_units
from subgraphs.payment.provider import KEY_REUSED, GivenBack, GivenBackState, ProviderRefused, ProviderUnavailable
from subgraphs.payment.service.outcomes import Teller
from subgraphs.payment.service.worker import work_once
from subgraphs.payment.tables import DB
from tests.subgraphs.payment.conftest import Till
from tests.subgraphs.payment.test_refunds import FINANCE, REFUND

Order = tuple[UUID, UUID]
AMOUNT = 4599


async def rounds(till: Till, number: int = 6) -> None:
    """The worker, with time enough between its rounds for everything to be due."""
    for _ in range(number):
        await DB.execute("UPDATE payment_attempts SET next_poll_at = now() WHERE next_poll_at IS NOT NULL")
        await DB.execute("UPDATE refunds SET next_run_at = now() WHERE next_run_at IS NOT NULL")
        await work_once(Teller(till.client.room.resources))


def lost(name: str, *, acts: bool = True) -> Any:
    """A call whose answer is lost."""
    real: Callable[..., Awaitable[Any]] = getattr(HttpProvider, name)

    async def call(self: HttpProvider, *arguments: Any) -> Any:
        if acts:
            await real(self, *arguments)
        raise ProviderUnavailable("lost")

    return call


async def in_doubt(till: Till, order: Order, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(HttpProvider, "authorize", lost("authorize"))
    assert (await till.authorize(*order))["state"] == "PROCESSING"


async def wants_the_buyer(till: Till, order: Order, patch: pytest.MonkeyPatch) -> None:
    assert (await till.authorize(*order, token="tok_requires_action"))["state"] == "REQUIRES_ACTION"


async def held(till: Till, order: Order, patch: pytest.MonkeyPatch) -> None:
    assert (await till.authorize(*order))["state"] == "AUTHORIZED"


async def capture_in_doubt(till: Till, order: Order, patch: pytest.MonkeyPatch) -> None:
    await held(till, order, patch)
    patch.setattr(HttpProvider, "capture", lost("capture", acts=False))
    assert await till.capture(order[0]) == "PROCESSING"


async def void_in_doubt(till: Till, order: Order, patch: pytest.MonkeyPatch) -> None:
    await held(till, order, patch)
    patch.setattr(HttpProvider, "void", lost("void", acts=False))
    assert await till.void(order[0]) == "PROCESSING"


async def given_up_in_doubt(till: Till, order: Order, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(HttpProvider, "find", lost("find"))
    await in_doubt(till, order, patch)
    assert await till.void(order[0]) == "VOIDED"


async def given_up_while_it_wants_the_buyer(till: Till, order: Order, patch: pytest.MonkeyPatch) -> None:
    await wants_the_buyer(till, order, patch)
    assert await till.void(order[0]) == "VOIDED"


STARTS = (
    in_doubt,
    wants_the_buyer,
    held,
    capture_in_doubt,
    void_in_doubt,
    given_up_in_doubt,
    given_up_while_it_wants_the_buyer,
)
TRUTHS: dict[str, dict[str, Any]] = {
    "requires_capture": {"amount_capturable": AMOUNT},
    "succeeded": {"amount_received": AMOUNT},
    "canceled": {},
    "requires_payment_method": {"last_payment_error": {"code": "card_declined"}},
    "requires_action": {"next_action": {"type": "use_stripe_sdk"}},
    "processing": {},
}
HOLDS = ("requires_capture", "succeeded", "canceled")
"""What a hold is or becomes."""
CASES = [
    (start, truth)
    for start in STARTS
    for truth in TRUTHS
    if truth in HOLDS or start not in (held, capture_in_doubt, void_in_doubt)
]
EXPECTED = {
    "requires_capture": {"authorized"},
    "succeeded": {"completed"},
    "canceled": {"failed", "voided"},
    "requires_payment_method": {"failed"},
    "requires_action": {"processing"},
    "processing": {"processing"},
}


@pytest.mark.parametrize(("start", "truth"), CASES, ids=[f"{start.__name__}, {truth} there" for start, truth in CASES])
async def test_an_attempt_comes_to_be_what_it_is_at_the_provider(
    till: Till, monkeypatch: pytest.MonkeyPatch, start: Callable[..., Awaitable[None]], truth: str
) -> None:
    order, books = (uuid4(), uuid4()), till.simulator.books
    with monkeypatch.context() as patch:
        await start(till, order, patch)
    (intent,) = books.intents()
    books.put_intent({**intent, "status": truth, "amount_capturable": 0, "amount_received": 0, **TRUTHS[truth]})
    await rounds(till)
    (intent,) = books.intents()
    attempt = await DB.fetch_row("SELECT status, next_poll_at IS NOT NULL AS open FROM payment_attempts")
    payment = await DB.fetch_row("SELECT status, captured_amount, refunded_amount FROM payments")
    kept = major_units(intent["amount_received"] - intent["amount_refunded"], "USD")
    assert payment["captured_amount"] - payment["refunded_amount"] == kept
    if start in (given_up_in_doubt, given_up_while_it_wants_the_buyer):
        assert (kept, intent["amount_capturable"]) == (0, 0)
        assert intent["status"] not in ("requires_capture", "requires_action")
    else:
        assert intent["status"] == truth
    assert attempt["status"] in EXPECTED[intent["status"]]
    moves = attempt["status"] in ("processing", "authorized")
    assert attempt["open"] == moves, "what can change at the provider is looked at, and nothing else"
    if not moves:
        assert payment["status"] != "processing"
    assert charge_of(intent).reference == await DB.fetch_value("SELECT provider_reference FROM payment_attempts")


async def test_an_attempt_that_never_arrived_fails_after_a_day(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    order = uuid4(), uuid4()
    with monkeypatch.context() as patch:
        patch.setattr(HttpProvider, "authorize", lost("authorize", acts=False))
        assert (await till.authorize(*order))["state"] == "PROCESSING"
    await rounds(till)
    assert await DB.fetch_value("SELECT status FROM payment_attempts") == "processing"
    await DB.execute("UPDATE payment_attempts SET created_at = created_at - interval '25 hours'")
    await rounds(till, 1)
    row = await DB.fetch_row("SELECT status, next_poll_at FROM payment_attempts")
    assert tuple(row) == (PaymentStatus.FAILED.value, None)


async def test_a_hold_is_looked_at_soon_after_a_lost_answer_and_rarely_otherwise(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = "SELECT extract(epoch FROM next_poll_at - now())::float FROM payment_attempts"
    order = uuid4(), uuid4()
    with monkeypatch.context() as patch:
        await held(till, order, patch)
        assert 3000 < await DB.fetch_value(waits) <= 3600
        patch.setattr(HttpProvider, "capture", lost("capture"))
        assert await till.capture(order[0]) == "PROCESSING"
        assert await DB.fetch_value(waits) <= 5
    await rounds(till, 1)
    assert tuple(await DB.fetch_row("SELECT status, captured_amount FROM payments")) == ("completed", Decimal("45.99"))
    told = await DB.fetch("SELECT type FROM outbox")
    assert [row["type"] for row in told] == ["payment.completed"]


async def test_what_nobody_expects_of_one_attempt_keeps_no_other_waiting(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = [(uuid4(), uuid4()) for _ in range(3)]
    with monkeypatch.context() as patch:
        for order in orders:
            await in_doubt(till, order, patch)
            patch.undo()
    first = await DB.fetch_value("SELECT id FROM payment_attempts ORDER BY created_at LIMIT 1")
    (intent,) = (each for each in till.simulator.books.intents() if each["metadata"]["attempt_id"] == str(first))
    till.simulator.books.put_intent({**intent, "status": "invented_tomorrow"})
    await rounds(till, 2)
    rows = await DB.fetch("SELECT status FROM payment_attempts ORDER BY created_at")
    assert [row["status"] for row in rows] == ["processing", "authorized", "authorized"]


# -- refunds -----------------------------------------------------------------------------------------------------------


async def promise(till: Till, amount: str | None = "10.00") -> dict[str, Any]:
    """Staff's request to give money back, of an order that is paid."""
    payment = await DB.fetch_value("SELECT id FROM payments")
    variables = {"payment": str(payment), "amount": amount, "reason": "Damaged", "key": uuid4().hex}
    payload: dict[str, Any] = (await till.client.query(REFUND, variables, **FINANCE))["refundPayment"]
    return payload


async def refund_row() -> tuple[Any, ...]:
    return tuple(await DB.fetch_row("SELECT status, next_run_at IS NOT NULL FROM refunds"))


def given_back(till: Till) -> int:
    (intent,) = till.simulator.books.intents()
    amount: int = intent["amount_refunded"]
    return amount


@pytest.mark.parametrize("acts", [True, False])
@pytest.mark.parametrize("amount", ["10.00", None])
async def test_a_refund_whose_answer_is_lost_is_given_back_once_however_late_it_is_asked_for_again(
    till: Till, monkeypatch: pytest.MonkeyPatch, acts: bool, amount: str | None
) -> None:
    """Also when the provider has forgotten the key, and would refuse a refund of all, or do one of a part twice."""
    await till.paid(uuid4())
    with monkeypatch.context() as patch:
        patch.setattr(HttpProvider, "refund", lost("refund", acts=acts))
        assert (await promise(till, amount))["refund"]["status"] == "PROCESSING"
    till.simulator.books.forget_answers()
    await rounds(till)
    assert await refund_row() == (RefundStatus.COMPLETED.value, False)
    assert given_back(till) == (1000 if amount else AMOUNT)
    assert await DB.fetch_value("SELECT refunded_amount * 100 FROM payments") == given_back(till)


async def test_a_refund_that_the_process_died_on_is_looked_up(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    await till.paid(uuid4())
    real = HttpProvider.refund

    async def dies(self: HttpProvider, *arguments: Any) -> Any:
        await real(self, *arguments)
        raise RuntimeError("the process ends")

    with monkeypatch.context() as patch:
        patch.setattr(HttpProvider, "refund", dies)
        payment = await DB.fetch_value("SELECT id FROM payments")
        variables = {"payment": str(payment), "amount": None, "reason": "Damaged", "key": "k"}
        assert "errors" in await till.client.send(REFUND, variables, **FINANCE)
    assert await refund_row() == (RefundStatus.PENDING.value, True)
    till.simulator.books.forget_answers()
    await rounds(till)
    assert await refund_row() == (RefundStatus.COMPLETED.value, False)
    assert given_back(till) == AMOUNT


@pytest.mark.parametrize("state", list(GivenBackState))
async def test_a_refund_that_is_under_way_comes_to_be_what_the_provider_says(
    till: Till, monkeypatch: pytest.MonkeyPatch, state: GivenBackState
) -> None:
    await till.paid(uuid4())

    async def pending(self: HttpProvider, *_: Any) -> GivenBack:
        return GivenBack("re_1", GivenBackState.PENDING)

    async def unknown(self: HttpProvider, *_: Any) -> GivenBack:
        raise ProviderRefused("No such refund.", code="resource_missing")

    async def now(self: HttpProvider, *_: Any) -> GivenBack:
        return GivenBack("re_1", state)

    monkeypatch.setattr(HttpProvider, "refund", pending)
    await promise(till)
    for answer in (unknown, pending):
        monkeypatch.setattr(HttpProvider, "find_refund", answer)
        await rounds(till, 2)
        assert await refund_row() == (RefundStatus.PROCESSING.value, True)
    monkeypatch.setattr(HttpProvider, "find_refund", now)
    await rounds(till)
    assert (
        await refund_row()
        == {
            GivenBackState.COMPLETED: (RefundStatus.COMPLETED.value, False),
            GivenBackState.FAILED: (RefundStatus.FAILED.value, False),
            GivenBackState.PENDING: (RefundStatus.PROCESSING.value, True),
        }[state]
    )


async def test_a_refund_is_failed_by_its_own_refusal_only(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    await till.paid(uuid4())
    code = KEY_REUSED

    async def refused(self: HttpProvider, *_: Any) -> GivenBack:
        raise ProviderRefused("No.", code=code)

    monkeypatch.setattr(HttpProvider, "refund", refused)
    await promise(till)
    await rounds(till, 2)
    assert await refund_row() == (RefundStatus.PROCESSING.value, True)
    code = "charge_disputed"
    await rounds(till, 1)
    assert await refund_row() == (RefundStatus.FAILED.value, False)
