"""Payments as the graph shows them: who sees what, what is due, pages, and what each query costs in SQL."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.payment.api import schema
from subgraphs.payment.tables import DB
from tests.fixtures.contracts import contract_differences
from tests.subgraphs.payment.conftest import Till

STAFF = ("payments:read",)
PAYMENT = """id status amount { amount currency } capturedAmount { amount } refundedAmount { amount } method
    methodSummary order { id buyer { id } } attempts { status errorCode } refunds { amount { amount } status }"""
LIST = """query($filter: PaymentFilter, $first: Int, $after: String) {
  payments(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { id } }
  }
}"""


def order_reference(order: UUID, **fields: Any) -> dict[str, Any]:
    return {"__typename": "Order", "id": str(order), **fields}


async def insert_payments(count: int, user: UUID) -> list[UUID]:
    """Completed payments with one attempt and one refund each; answers their orders."""
    rows = await DB.fetch(
        """
        WITH made AS (
            INSERT INTO payments (order_id, user_id, amount, status, payment_method, authorized_amount, captured_amount,
                                  refunded_amount, processed_at, created_at)
            SELECT gen_random_uuid(), $2, 100, 'partially_refunded', 'credit_card', 100, 100, 30, now(),
                   timestamptz '2026-01-01' + n * interval '1 minute' FROM generate_series(1, $1::int) n
            RETURNING id, order_id
        ), tried AS (
            INSERT INTO payment_attempts (payment_id, idempotency_key, request_hash, status, amount, provider)
            SELECT id, id, 'h', 'completed', 100, 'simulator' FROM made
        ), returned AS (
            INSERT INTO refunds (payment_id, amount, status, processed_at) SELECT id, 30, 'completed', now() FROM made
        )
        SELECT order_id FROM made
        """,
        count,
        user,
    )
    return [row["order_id"] for row in rows]


def test_the_exported_schema_is_the_contract() -> None:
    assert contract_differences("payment", schema.as_str()) == []


async def test_a_payment_is_seen_by_its_payer_and_staff_only(till: Till) -> None:
    payer, stranger = uuid4(), uuid4()
    order = await till.paid(payer)
    id = await DB.fetch_value("SELECT id FROM payments")
    by_order = f"... on Order {{ payment {{ {PAYMENT} }} }}"
    (found,) = await till.client.entities(by_order, order_reference(order), as_user=payer)
    assert found == {
        "payment": {
            "id": str(id),
            "status": "COMPLETED",
            "amount": {"amount": "45.99", "currency": "USD"},
            "capturedAmount": {"amount": "45.99"},
            "refundedAmount": {"amount": "0.00"},
            "method": "credit_card",
            "methodSummary": "Visa •••• 4242",
            "order": {"id": str(order), "buyer": {"id": str(payer)}},
            "attempts": [{"status": "COMPLETED", "errorCode": None}],
            "refunds": [],
        }
    }
    by_id = f'{{ payment(id: "{id}") {{ id }} }}'
    reference = {"__typename": "Payment", "id": str(id)}
    assert await till.client.query(by_id, as_user=uuid4(), scopes=STAFF) == {"payment": {"id": str(id)}}
    assert await till.client.query(by_id, as_user=stranger) == {"payment": None}
    assert await till.client.entities("... on Payment { id }", reference, as_user=stranger) == [None]
    sums = "... on Order { payment { id } refundedTotal { amount } amountDue { amount } }"
    represented = order_reference(order, total={"amount": "45.99", "currency": "USD"}, status="CONFIRMED")
    nothing = {"payment": None, "refundedTotal": None, "amountDue": None}
    assert await till.client.entities(sums, represented, as_user=stranger) == [nothing]
    hidden = await till.client.send(f'{{ payment(id: "{id}") {{ id transactionId }} }}', as_user=payer)
    assert hidden["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert hidden["data"]["payment"] == {"id": str(id), "transactionId": None}
    seen = await till.client.query(f'{{ payment(id: "{id}") {{ transactionId }} }}', as_user=payer, scopes=STAFF)
    assert seen["payment"]["transactionId"].startswith("pi_")


@pytest.mark.parametrize(
    ("status", "paid", "due"),
    [("CONFIRMED", True, "0.00"), ("PENDING", False, "45.99"), ("CANCELLED", False, "0.00")],
)
async def test_what_is_due_follows_the_order_and_what_was_taken(till: Till, status: str, paid: bool, due: str) -> None:
    user = uuid4()
    order = await till.paid(user) if paid else uuid4()
    represented = order_reference(order, total={"amount": "45.99", "currency": "USD"}, status=status)
    found = await till.client.entities("... on Order { amountDue { amount currency } }", represented, as_user=user)
    assert found == [{"amountDue": {"amount": due, "currency": "USD"}}]


async def test_an_unreadable_representation_spoils_nobody_else(till: Till) -> None:
    total = {"amount": "1.00", "currency": "USD"}
    represented = [
        order_reference(uuid4(), total={"amount": "x", "currency": "USD"}, status="PENDING"),
        order_reference(uuid4(), total=total, status="LOST"),
        order_reference(uuid4(), total=total, status="PENDING"),
    ]
    operation = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Order { amountDue { amount } } } }"
    answer = await till.client.send(operation, {"r": represented}, as_user=uuid4())
    assert answer["data"]["_entities"] == [None, None, {"amountDue": {"amount": "1.00"}}]
    refused = [(error["path"], error["extensions"]["code"]) for error in answer["errors"]]
    assert refused == [(["_entities", 0], "INVALID_REPRESENTATION"), (["_entities", 1], "INVALID_REPRESENTATION")]


async def test_staff_page_through_all_payments_once(till: Till) -> None:
    user = uuid4()
    await insert_payments(5, user)
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = (await till.client.query(LIST, {"first": 2, "after": after}, scopes=STAFF))["payments"]
        assert page["totalCount"] == 5
        seen += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert len(set(seen)) == 5
    for filter, count in [
        ({"status": ["PARTIALLY_REFUNDED"]}, 5),
        ({"status": ["FAILED"]}, 0),
        ({"userId": str(user)}, 5),
        ({"userId": "junk"}, 0),
        ({"created": {"from": "2026-01-01T00:03:00Z", "to": "2026-01-01T00:05:00Z"}}, 2),
    ]:
        page = (await till.client.query(LIST, {"filter": filter}, scopes=STAFF))["payments"]
        assert (filter, page["totalCount"], len(page["edges"])) == (filter, count, count)
    too_many = await till.client.send(LIST, {"first": 251}, scopes=STAFF)
    assert too_many["errors"][0]["extensions"]["code"] == "PAGE_SIZE_OUT_OF_RANGE"


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_statement_budgets_do_not_depend_on_rows(till: Till, count: int) -> None:
    payer = uuid4()
    orders = [order_reference(order) for order in await insert_payments(count, payer)]
    entity = "query($r: [_Any!]!) { _entities(representations: $r) { %s } }"
    history = "... on Order { payment { status refundedAmount { amount } } refundedTotal { amount } }"
    assert await till.client.statements(entity % history, {"r": orders}, as_user=payer) == 1  # Q3
    board = "... on Order { payment { attempts { status } refunds { amount { amount } } } }"
    assert await till.client.statements(entity % board, {"r": orders}, scopes=STAFF) == 3  # Q8
    users = [{"__typename": "User", "id": str(uuid4())} for _ in range(count)]
    assert (
        await till.client.statements(entity % "... on User { paymentMethods { id } }", {"r": users}, scopes=STAFF) == 1
    )
    node = "node { order { buyer { id } } attempts { id } }"
    grid = f"{{ payments(first: {count}) {{ totalCount edges {{ {node} }} }} }}"
    assert await till.client.statements(grid, scopes=STAFF) == 3


async def test_refunds_are_their_payers(till: Till) -> None:
    payer = uuid4()
    await insert_payments(1, payer)
    reference = {"__typename": "Refund", "id": str(await DB.fetch_value("SELECT id FROM refunds"))}
    selection = "... on Refund { amount { amount currency } status }"
    found = [{"amount": {"amount": "30.00", "currency": "USD"}, "status": "COMPLETED"}]
    assert await till.client.entities(selection, reference, as_user=payer) == found
    assert await till.client.entities(selection, reference, as_user=uuid4()) == [None]
