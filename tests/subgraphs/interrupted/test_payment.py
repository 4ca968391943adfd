"""Mutations of payment, interrupted at every call (S-111): where the provider is asked, what was promised is kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.payment.service.forgetting import detach_once
from subgraphs.payment.service.outcomes import Teller
from subgraphs.payment.service.worker import work_once
from subgraphs.payment.tables import DB
from tests.fixtures.rooms import RoomClient
from tests.subgraphs.interrupted.trials import Asked, Case, Contents, Repeat, Trials
from tests.subgraphs.payment.conftest import Till
from tests.subgraphs.payment.test_methods import save

pytestmark = pytest.mark.usefixtures("breakable_stores")

STAFF = {"as_user": UUID(int=9), "scopes": ["payments:refund", "payments:capture"]}
SERVICE = {"as_service": "order"}
WHY = "what the provider is asked for is written first, and what it did when it has answered: no transaction spans both"
PAYMENT = ("payment.payments", "payment.payment_attempts", "payment.audit_log", "payment.outbox")
GIVEN_BACK = ("payment.refunds", *PAYMENT)


def in_state(state: str) -> Any:
    return lambda result: result["state"] == state


class Desk:
    """Requests that would succeed, and what has become of the money."""

    def __init__(self, till: Till) -> None:
        self.till = till
        self.client: RoomClient = till.client

    def asked(self, variables: dict[str, Any], caller: dict[str, Any]) -> Asked:
        return Asked(variables, lambda document, given: self.client.send(document, given, **caller))

    async def payment_of(self, order: UUID) -> str:
        return str(await DB.fetch_value("SELECT id FROM payments WHERE order_id = $1", order))

    async def held(self) -> UUID:
        order = uuid4()
        assert (await self.till.authorize(order, uuid4()))["state"] == "AUTHORIZED"
        return order

    async def new_method(self) -> Asked:
        who = uuid4()
        await save(self.till, who, "tok_mastercard")
        given = {"type": "CREDIT_CARD", "providerToken": "tok_visa", "isDefault": True}
        return self.asked({"input": given}, {"as_user": who})

    async def method(self) -> Asked:
        who = uuid4()
        await save(self.till, who, "tok_mastercard")
        return self.asked({"id": (await save(self.till, who, "tok_visa"))["paymentMethod"]["id"]}, {"as_user": who})

    async def refund(self) -> Asked:
        order = await self.till.paid(uuid4())
        given = {
            "paymentId": await self.payment_of(order),
            "amount": "10.00",
            "reason": "r",
            "idempotencyKey": uuid4().hex,
        }
        return self.asked(given, STAFF)

    async def part(self) -> Asked:
        given = {
            "paymentId": await self.payment_of(await self.held()),
            "amount": "20.00",
            "idempotencyKey": uuid4().hex,
        }
        return self.asked(given, STAFF)

    async def authorization(self) -> Asked:
        order = uuid4()
        given = {"orderId": str(order), "userId": str(uuid4()), "amount": "45.99", "currency": "USD"}
        return self.asked({**given, "paymentToken": "tok_visa", "idempotencyKey": f"{order}:1"}, SERVICE)

    async def whole(self) -> Asked:
        return self.asked({"orderId": str(await self.held()), "idempotencyKey": "c"}, SERVICE)

    async def given_back(self) -> Asked:
        return self.asked({"orderId": str(await self.till.paid(uuid4())), "idempotencyKey": "v"}, SERVICE)

    async def books_agree(self) -> None:
        """What the provider took and gave back is what the room says, now that its worker has been there."""
        await DB.execute("UPDATE payment_attempts SET next_poll_at = now() WHERE next_poll_at IS NOT NULL")
        await DB.execute("UPDATE refunds SET next_run_at = now() WHERE next_run_at IS NOT NULL")
        await work_once(Teller(self.client.room.resources))
        intents = self.till.simulator.books.intents()
        taken = sum(intent["amount_received"] - intent["amount_refunded"] for intent in intents)
        assert taken == await DB.fetch_value("SELECT sum(captured_amount - refunded_amount) * 100 FROM payments")
        assert len(intents) == await DB.fetch_value("SELECT count(*) FROM payments"), "one charge a payment"

    async def stored(self, _: Asked, repeat: Repeat) -> None:
        again = await repeat()
        assert again["data"]["result"]["errors"] == [], again
        await DB.execute("UPDATE payment_methods SET detach_after = now()")
        await detach_once(self.client.room.resources)
        rows = await DB.fetch("SELECT provider_token, deleted_at FROM payment_methods ORDER BY 1")
        assert [row["deleted_at"] for row in rows] == [None] * len(rows)
        assert [row["provider_token"] for row in rows] == self.till.simulator.books.attached_cards()

    async def refunded(self, request: Asked, repeat: Repeat) -> None:
        again = await repeat()
        assert again["data"]["result"]["errors"] == [], again
        await self.books_agree()
        rows = await DB.fetch(
            "SELECT status, amount FROM refunds WHERE payment_id = $1", UUID(request.variables["paymentId"])
        )
        assert [(row["status"], str(row["amount"])) for row in rows] == [("completed", "10.00")]

    async def captured(self, request: Asked, repeat: Repeat) -> None:
        again = await repeat()
        assert again["data"]["result"]["errors"] == [], again
        await self.books_agree()
        row = await DB.fetch_row(
            "SELECT status, captured_amount FROM payments WHERE id = $1", UUID(request.variables["paymentId"])
        )
        assert (row["status"], str(row["captured_amount"])) == ("completed", "20.00")

    def reaches(self, state: str) -> Any:
        async def completed(_: Asked, repeat: Repeat) -> None:
            again = await repeat()
            assert "errors" not in again, again
            assert again["data"]["result"]["state"] == state, again
            await self.books_agree()

        return completed


async def test_payment(till: Till) -> None:
    desk, keys = Desk(till), "payment.idempotency_keys"
    cases = {
        "savePaymentMethod": Case(
            desk.new_method,
            keeps=("payment.payment_methods", "payment.audit_log"),
            why="what the provider may have stored has a row, by which the worker has it forgotten",
            completed=desk.stored,
        ),
        "setDefaultPaymentMethod": Case(desk.method),
        "removePaymentMethod": Case(desk.method, again=["NOT_FOUND"]),
        "refundPayment": Case(desk.refund, keeps=(keys, *GIVEN_BACK), why=WHY, completed=desk.refunded),
        "capturePayment": Case(desk.part, keeps=(keys, *PAYMENT), why=WHY, completed=desk.captured),
        "authorizePayment": Case(
            desk.authorization,
            keeps=PAYMENT,
            why=WHY,
            succeeded=in_state("AUTHORIZED"),
            completed=desk.reaches("AUTHORIZED"),
        ),
        "captureForOrder": Case(
            desk.whole, keeps=PAYMENT, why=WHY, succeeded=in_state("CAPTURED"), completed=desk.reaches("CAPTURED")
        ),
        "voidForOrder": Case(
            desk.given_back,
            keeps=GIVEN_BACK,
            why=WHY,
            succeeded=in_state("REFUNDED"),
            completed=desk.reaches("REFUNDED"),
        ),
    }
    await Trials("payment", Contents([DB])).all(cases)
    await desk.books_agree()
