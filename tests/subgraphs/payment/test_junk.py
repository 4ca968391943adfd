"""Junk in every argument of every mutation of payment: a typed answer, and not a cent and not a row is changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from subgraphs.payment.tables import DB
from tests.subgraphs.junk import assert_junk_changes_nothing
from tests.subgraphs.payment.conftest import Till

WHO = UUID(int=7)
STAFF = {"as_user": UUID(int=9), "scopes": ["payments:refund", "payments:capture"]}
SERVICE = {"as_service": "order"}
SAVE = """mutation { savePaymentMethod(input: {type: CREDIT_CARD, providerToken: "tok_visa"}) {
    paymentMethod { id } errors { code } } }"""


async def test_junk_is_answered_and_changes_nothing(till: Till) -> None:
    saved = await till.client.query(SAVE, as_user=WHO)
    method = saved["savePaymentMethod"]["paymentMethod"]["id"]
    paid, held = await till.paid(WHO), uuid4()
    await till.authorize(held, WHO)
    ids = {row["order_id"]: str(row["id"]) for row in await DB.fetch("SELECT id, order_id FROM payments")}
    examples: dict[str, dict[str, Any]] = {
        "savePaymentMethod": {"input": {"type": "CREDIT_CARD", "providerToken": "tok_visa", "isDefault": True}},
        "setDefaultPaymentMethod": {"id": method},
        "refundPayment": {
            "paymentId": ids[paid],
            "amount": "1.00",
            "reason": "r",
            "restock": False,
            "idempotencyKey": "k",
        },
        "capturePayment": {"paymentId": ids[held], "amount": "1.00", "idempotencyKey": "k"},
        "authorizePayment": {
            "orderId": str(uuid4()),
            "userId": str(WHO),
            "amount": "45.99",
            "currency": "USD",
            "paymentMethodId": method,
            "paymentToken": "tok_visa",
            "idempotencyKey": "k",
        },
        "captureForOrder": {"orderId": str(uuid4()), "idempotencyKey": "k"},
        "voidForOrder": {"orderId": str(uuid4()), "idempotencyKey": "k"},
        "removePaymentMethod": {"id": method},
    }
    caller = {"": {"as_user": WHO}, "refundPayment": STAFF, "capturePayment": STAFF}
    caller |= dict.fromkeys(("authorizePayment", "captureForOrder", "voidForOrder"), SERVICE)
    await assert_junk_changes_nothing(till.client, examples, caller)
    taken = sum(one["amount_received"] - one["amount_refunded"] for one in till.simulator.books.intents())
    kept = await DB.fetch_value("SELECT sum(captured_amount - refunded_amount) * 100 FROM payments")
    assert taken == kept
