"""Refunds by staff: never more than was taken however many ask at once, once per key, told once, always finished."""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.payment.http_provider import HttpProvider
from subgraphs.payment.provider import ProviderRefused, ProviderUnavailable
from subgraphs.payment.service.outcomes import Teller
from subgraphs.payment.service.worker import work_once
from subgraphs.payment.tables import DB
from tests.subgraphs.payment.conftest import Till

REFUND = """mutation($payment: ID!, $amount: Decimal, $reason: String!, $restock: Boolean, $key: ID!) {
  refundPayment(paymentId: $payment, amount: $amount, reason: $reason, restock: $restock, idempotencyKey: $key) {
    replayed refund { status amount { amount currency } reason } payment { status refundedAmount { amount } }
    errors { __typename code path ... on RefundExceedsCapturedError { refundable { amount currency } } }
  }
}"""
CAPTURE = """mutation($payment: ID!, $amount: Decimal, $key: ID!) {
  capturePayment(paymentId: $payment, amount: $amount, idempotencyKey: $key) {
    payment { status capturedAmount { amount } } errors { code path }
  }
}"""
FINANCE: dict[str, Any] = {
    "as_user": UUID(int=7),
    "scopes": ("payments:read", "payments:refund", "payments:capture"),
}


async def paid(till: Till, amount: str = "100.00") -> UUID:
    """A captured payment's id."""
    order = uuid4()
    await till.authorize(order, uuid4(), amount=amount)
    assert await till.capture(order) == "CAPTURED"
    return await DB.fetch_value("SELECT id FROM payments WHERE order_id = $1", order)  # type: ignore[no-any-return]


async def refund(till: Till, paid: UUID, amount: str | None, **changes: Any) -> dict[str, Any]:
    variables = {"payment": str(paid), "amount": amount, "reason": "Damaged", "key": uuid4().hex, **changes}
    data = await till.client.query(REFUND, variables, **FINANCE)
    answer: dict[str, Any] = data["refundPayment"]
    return answer


async def sums(payment: UUID) -> tuple[str, Decimal, Decimal]:
    row = await DB.fetch_row(
        """
        SELECT status, refunded_amount,
               (SELECT sum(amount) FROM refunds r WHERE r.payment_id = p.id AND r.status = 'completed') AS given
        FROM payments p WHERE id = $1
        """,
        payment,
    )
    return row["status"], row["refunded_amount"], row["given"]


async def test_parallel_refunds_never_exceed_what_was_taken(till: Till) -> None:
    payment = await paid(till)
    answers = await asyncio.gather(*(refund(till, payment, "30.00") for _ in range(10)))
    outcomes = Counter(answer["errors"][0]["code"] if answer["errors"] else "refunded" for answer in answers)
    assert outcomes == {"refunded": 3, "REFUND_EXCEEDS_CAPTURED": 7}
    assert await sums(payment) == ("partially_refunded", Decimal("90.00"), Decimal("90.00"))
    beyond = await refund(till, payment, "10.01")
    assert beyond["errors"] == [
        {
            "__typename": "RefundExceedsCapturedError",
            "code": "REFUND_EXCEEDS_CAPTURED",
            "path": ["amount"],
            "refundable": {"amount": "10.00", "currency": "USD"},
        }
    ]
    rest = await refund(till, payment, None)
    assert rest["payment"] == {"status": "REFUNDED", "refundedAmount": {"amount": "100.00"}}
    assert (await refund(till, payment, None))["errors"][0]["refundable"]["amount"] == "0.00"
    told = await DB.fetch("SELECT payload->>'amount' AS amount FROM outbox WHERE type = 'payment.refunded' ORDER BY id")
    assert sorted(row["amount"] for row in told) == ["10.00", "30.00", "30.00", "30.00"]


async def test_one_key_gives_back_once(till: Till) -> None:
    payment = await paid(till)
    answers = await asyncio.gather(*(refund(till, payment, "10.00", key="k") for _ in range(8)))
    assert Counter(answer["replayed"] for answer in answers) == {False: 1, True: 7}
    assert await sums(payment) == ("partially_refunded", Decimal("10.00"), Decimal("10.00"))
    other = await refund(till, payment, "11.00", key="k")
    assert other["errors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"


JUNK: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"amount": "0"}, "AMOUNT_OUT_OF_RANGE", ["amount"]),
    ({"amount": "-1"}, "AMOUNT_OUT_OF_RANGE", ["amount"]),
    ({"amount": "1.005"}, "AMOUNT_SCALE", ["amount"]),
    ({"amount": "100000000"}, "AMOUNT_OUT_OF_RANGE", ["amount"]),
    ({"reason": " "}, "REASON_INVALID", ["reason"]),
    ({"reason": "a\x00b"}, "REASON_INVALID", ["reason"]),
    ({"reason": "x" * 1_000_000}, "REASON_INVALID", ["reason"]),
    ({"payment": "junk"}, "NOT_FOUND", ["paymentId"]),
    ({"payment": str(uuid4())}, "NOT_FOUND", ["paymentId"]),
    ({"key": ""}, "IDEMPOTENCY_KEY_INVALID", ["idempotencyKey"]),
    ({"key": "x" * 201}, "IDEMPOTENCY_KEY_INVALID", ["idempotencyKey"]),
    ({"restock": True}, "RESTOCK_NEEDS_FULL_REFUND", ["restock"]),
]


async def test_junk_is_refused_typed_and_changes_nothing(till: Till) -> None:
    payment = await paid(till)
    for changes, code, path in JUNK:
        answer = await refund(till, payment, **{"amount": "1.00", **changes})
        assert [(error["code"], error["path"]) for error in answer["errors"]] == [(code, path)], changes
        assert (answer["refund"], answer["payment"]) == (None, None)
    assert await DB.fetch_value("SELECT count(*) FROM refunds") == 0
    variables = {"payment": str(payment), "amount": "1.00", "reason": "r", "key": "k"}
    for caller in ({}, {"as_user": uuid4()}, {"as_user": uuid4(), "scopes": ("payments:read",)}):
        refused = await till.client.send(REFUND, variables, **caller)
        assert refused["errors"][0]["extensions"]["code"] in ("UNAUTHENTICATED", "FORBIDDEN")
    assert await DB.fetch_value("SELECT count(*) FROM refunds") == 0


async def test_what_was_only_held_cannot_be_refunded(till: Till) -> None:
    order = uuid4()
    await till.authorize(order, uuid4())
    payment = await DB.fetch_value("SELECT id FROM payments")
    assert (await refund(till, payment, "1.00"))["errors"][0]["code"] == "REFUND_EXCEEDS_CAPTURED"


async def test_a_refund_in_doubt_is_finished_by_the_worker_once(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = await paid(till)
    real = HttpProvider.refund

    async def answer_lost(self: HttpProvider, *arguments: Any) -> Any:
        await real(self, *arguments)  # the provider has acted
        raise ProviderUnavailable("lost")

    with monkeypatch.context() as patch:
        patch.setattr(HttpProvider, "refund", answer_lost)
        answer = await refund(till, payment, "40.00", key="k")
    assert (answer["refund"]["status"], answer["payment"]["status"]) == ("PROCESSING", "COMPLETED")
    assert (await refund(till, payment, "60.01"))["errors"][0]["refundable"]["amount"] == "60.00"  # it is promised
    await DB.execute("UPDATE refunds SET next_run_at = now()")
    teller = Teller(till.client.room.resources)
    assert await asyncio.gather(work_once(teller), work_once(teller)) in ([1, 0], [0, 1])
    assert await sums(payment) == ("partially_refunded", Decimal("40.00"), Decimal("40.00"))
    again = await refund(till, payment, "40.00", key="k")
    assert (again["replayed"], again["refund"]["status"]) == (True, "COMPLETED")


async def test_a_refused_refund_fails_and_frees_its_promise(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = await paid(till)

    async def refuse(self: HttpProvider, *arguments: Any) -> Any:
        raise ProviderRefused("no", code="insufficient_balance")

    with monkeypatch.context() as patch:
        patch.setattr(HttpProvider, "refund", refuse)
        answer = await refund(till, payment, "40.00")
    assert (answer["refund"]["status"], answer["payment"]["status"]) == ("FAILED", "COMPLETED")
    assert (await refund(till, payment, "100.00"))["payment"]["status"] == "REFUNDED"


async def test_staff_captures_part_of_what_is_held(till: Till) -> None:
    order, user = uuid4(), uuid4()
    await till.authorize(order, user, amount="100.00")
    payment = str(await DB.fetch_value("SELECT id FROM payments"))
    for amount, code in (("0", "AMOUNT_OUT_OF_RANGE"), ("100.01", "AMOUNT_OUT_OF_RANGE"), ("1.001", "AMOUNT_SCALE")):
        data = await till.client.query(CAPTURE, {"payment": payment, "amount": amount, "key": amount}, **FINANCE)
        assert [error["code"] for error in data["capturePayment"]["errors"]] == [code]
    asked = {"payment": payment, "amount": "60.00", "key": "k"}
    for _ in range(2):
        data = await till.client.query(CAPTURE, asked, **FINANCE)
        assert data["capturePayment"] == {
            "payment": {"status": "COMPLETED", "capturedAmount": {"amount": "60.00"}},
            "errors": [],
        }
    late = await till.client.query(CAPTURE, {**asked, "key": "other"}, **FINANCE)
    assert late["capturePayment"]["errors"] == [{"code": "NOT_CAPTURABLE", "path": ["paymentId"]}]
    assert await till.capture(order) == "CAPTURED"
    assert await DB.fetch_value("SELECT count(*) FROM outbox WHERE type = 'payment.completed'") == 1
    beyond = await refund(till, UUID(payment), "60.01")
    assert beyond["errors"][0]["refundable"]["amount"] == "60.00"
