"""How much was taken: what the provider names, else what it was asked for; in answers and messages, late ones too."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subgraphs.payment.http_provider import HttpProvider
from subgraphs.payment.provider import Charge, ChargeState, ProviderUnavailable
from subgraphs.payment.service.recording import record
from subgraphs.payment.tables import DB
from tests.subgraphs.payment.conftest import Till
from tests.subgraphs.payment.test_messages import event, post

WHOLE = Decimal("45.99")
_CAPTURE = """
mutation($id: ID!, $amount: Decimal, $key: ID!) {
  capturePayment(paymentId: $id, amount: $amount, idempotencyKey: $key) { payment { status } errors { code } }
}
"""
_cents = st.integers(1, int(WHOLE * 100)).map(lambda cents: Decimal(cents) / 100)


async def asked_to_take(till: Till, amount: Decimal | None, *, by_staff: bool) -> tuple[UUID, UUID]:
    """An order whose capture the provider has not answered, and its attempt; ``amount`` None is all that is held."""
    order = uuid4()
    assert (await till.authorize(order, uuid4()))["state"] == "AUTHORIZED"
    found = await DB.fetch_row(
        "SELECT p.id, a.id AS attempt FROM payments p JOIN payment_attempts a ON a.payment_id = p.id "
        "WHERE p.order_id = $1",
        order,
    )

    async def silent(self: HttpProvider, *arguments: Any) -> Any:
        raise ProviderUnavailable("silent")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HttpProvider, "capture", silent)
        if by_staff:
            values = {"id": str(found["id"]), "amount": None if amount is None else str(amount), "key": str(uuid4())}
            payload = (
                await till.client.query(_CAPTURE, values, as_user=uuid4(), scopes=["payments:capture", "payments:read"])
            )["capturePayment"]
            assert payload == {"payment": {"status": "AUTHORIZED"}, "errors": []}
        elif amount is None:
            assert await till.capture(order) == "PROCESSING"
    return order, found["attempt"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    decided=st.none() | _cents,
    named=st.none() | _cents,
    by_staff=st.booleans(),
    by_message=st.booleans(),
    given_up=st.booleans(),
    times=st.integers(1, 3),
)
async def test_what_was_taken_is_what_was_named_or_asked_for(
    till: Till,
    decided: Decimal | None,
    named: Decimal | None,
    by_staff: bool,
    by_message: bool,
    given_up: bool,
    times: int,
) -> None:
    order, attempt = await asked_to_take(till, decided, by_staff=by_staff)
    if given_up:  # what was decided before is what the provider was asked for all the same
        await record(attempt, Charge(f"pi_{attempt.hex[:24]}", ChargeState.VOIDED), None)
    for _ in range(times):
        if by_message:
            message = event("succeeded", attempt)
            intent = message["data"]["object"]
            intent.pop("amount_received")
            if named is not None:
                intent["amount_received"] = int(named * 100)
            assert (await post(till, message))[0] == 200
        else:
            await record(attempt, Charge(f"pi_{attempt.hex[:24]}", ChargeState.CAPTURED, captured=named), None)
    captured = await DB.fetch_value("SELECT captured_amount FROM payments WHERE order_id = $1", order)
    assert captured == (named or (decided if by_staff else None) or WHOLE)
    back = await DB.fetch(
        "SELECT r.amount FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE p.order_id = $1", order
    )
    assert [row["amount"] for row in back] == ([captured] if given_up else [])
