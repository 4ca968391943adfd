"""The rules of the reconciliation: each contradiction is named, and what agrees is not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from ops.reconcile.facts import Hold, OrderFacts, PaymentFacts
from ops.reconcile.findings import order_complaints, payment_complaints

LAMP = UUID(int=1)
TEN, NOTHING = Decimal("10.00"), Decimal("0.00")


def order(**changes: Any) -> OrderFacts:
    facts = {"status": "confirmed", "total": TEN, "step": "confirmed", "overdue": False, "items": {LAMP: 2}}
    return OrderFacts(id=UUID(int=2), number="ORD-1", **{**facts, **changes})


def payment(**changes: Any) -> PaymentFacts:
    facts = {
        "status": "completed",
        "let_go": NOTHING,
        "captured": TEN,
        "refunded": NOTHING,
        "refunds_completed": NOTHING,
    }
    return PaymentFacts(id=UUID(int=3), order_id=UUID(int=2), **{**facts, "open_since_long": False, **changes})


def hold(**changes: Any) -> Hold:
    facts = {"product_id": LAMP, "quantity": 2, "status": "committed", "reason": None, "overdue": False}
    return Hold(**{**facts, **changes})


REFUNDED = {"status": "refunded", "refunded": TEN, "refunds_completed": TEN}
CASES: list[tuple[OrderFacts, PaymentFacts | None, list[Hold], set[str]]] = [
    (order(), payment(), [hold()], set()),
    (order(), payment(), [], set()),  # imported
    (order(), payment(captured=Decimal("9.99")), [hold()], {"WRONG_AMOUNT_TAKEN"}),
    (order(), None, [hold()], {"WRONG_AMOUNT_TAKEN"}),
    (order(), payment(captured=TEN - 4, let_go=Decimal("4.00")), [hold()], set()),  # as staff decided
    (order(), payment(captured=TEN, let_go=Decimal("4.00")), [hold()], {"WRONG_AMOUNT_TAKEN"}),
    (order(), payment(captured=TEN - 5, let_go=Decimal("4.00")), [hold()], {"WRONG_AMOUNT_TAKEN"}),
    (order(total=TEN + 1), payment(captured=TEN - 4, let_go=Decimal("4.00")), [hold()], {"WRONG_AMOUNT_TAKEN"}),
    (order(), payment(), [hold(quantity=1)], {"GOODS_DIFFER"}),
    (order(), payment(), [hold(status="released")], {"GOODS_DIFFER"}),
    (order(), payment(**REFUNDED), [hold(status="released", reason="returned")], set()),
    (order(status="cancelled", step="failed"), payment(**REFUNDED), [hold(status="released")], set()),
    (order(status="cancelled", step="failed"), payment(), [], {"CANCELLED_NOT_REFUNDED"}),
    (order(status="cancelled", step="failed"), None, [hold()], {"SOLD_NOT_RETURNED"}),
    (order(status="pending", step="failed"), None, [], {"NEVER_SETTLED"}),
    (order(status="pending", step="created"), payment(), [hold()], set()),  # under way
    (order(status="pending", step="created", overdue=True), None, [], {"SAGA_STUCK"}),
    (order(status="pending", step="declined"), None, [hold(status="held", overdue=True)], {"HOLD_OVERDUE"}),
]


@pytest.mark.parametrize(("facts", "money", "goods", "codes"), CASES)
def test_an_order_is_compared_with_its_money_and_goods(
    facts: OrderFacts, money: PaymentFacts | None, goods: list[Hold], codes: set[str]
) -> None:
    assert {code for code, _ in order_complaints(facts, money, goods)} == codes


def test_a_payment_is_compared_with_its_refunds_and_its_order() -> None:
    assert list(payment_complaints(payment(), has_order=True)) == []
    assert [code for code, _ in payment_complaints(payment(), has_order=False)] == ["NO_ORDER"]
    assert [code for code, _ in payment_complaints(payment(refunded=TEN), has_order=True)] == ["REFUNDS_DIFFER"]
    assert [code for code, _ in payment_complaints(payment(open_since_long=True), has_order=True)] == ["PAYMENT_STUCK"]
    assert [code for code, _ in payment_complaints(payment(orphan_kept=True), has_order=True)] == ["ORPHAN_KEPT"]
