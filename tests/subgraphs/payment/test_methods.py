"""Stored payment methods: by token, once per card, one default, gone when removed."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.payment.domain import MethodDetails, PaymentMethodType, is_expired
from subgraphs.payment.tables import DB
from tests.subgraphs.payment.conftest import Till

_METHOD = "paymentMethod { id type brand lastFourDigits expiryMonth expired isDefault provider } errors { code path }"
SAVE = f"mutation($input: PaymentMethodInput!) {{ savePaymentMethod(input: $input) {{ {_METHOD} }} }}"
DEFAULT = f"mutation($id: ID!) {{ setDefaultPaymentMethod(id: $id) {{ {_METHOD} }} }}"
REMOVE = f"mutation($id: ID!) {{ removePaymentMethod(id: $id) {{ {_METHOD} }} }}"
LIST = "... on User { paymentMethods { id isDefault lastFourDigits } }"


async def save(till: Till, user: UUID, token: str, kind: str = "CREDIT_CARD", **fields: Any) -> dict[str, Any]:
    input = {"providerToken": token, "type": kind, **fields}
    data = await till.client.query(SAVE, {"input": input}, as_user=user)
    payload: dict[str, Any] = data["savePaymentMethod"]
    return payload


async def listed(till: Till, user: UUID) -> list[dict[str, Any]]:
    (found,) = await till.client.entities(LIST, {"__typename": "User", "id": str(user)}, as_user=user)
    assert found is not None
    methods: list[dict[str, Any]] = found["paymentMethods"]
    return methods


async def test_the_first_method_is_the_default_and_a_card_is_stored_once(till: Till) -> None:
    user = uuid4()
    visa = (await save(till, user, "tok_visa"))["paymentMethod"]
    assert visa["isDefault"]
    assert (visa["brand"], visa["lastFourDigits"], visa["expired"], visa["provider"]) == (
        "visa",
        "4242",
        False,
        "simulator",
    )
    assert (await save(till, user, "tok_visa"))["paymentMethod"]["id"] == visa["id"]
    paypal = (await save(till, user, "tok_paypal", "PAYPAL"))["paymentMethod"]
    assert (paypal["isDefault"], paypal["expiryMonth"]) == (False, None)
    assert len(await listed(till, user)) == 2


UNACCEPTABLE = [
    ("4242424242424242", "CREDIT_CARD", "CARD_NUMBER_REFUSED"),
    ("tok_nothing", "CREDIT_CARD", "TOKEN_INVALID"),
    ("tok/../x", "CREDIT_CARD", "TOKEN_INVALID"),
    ("", "CREDIT_CARD", "TOKEN_INVALID"),
    ("tok_paypal", "CREDIT_CARD", "PAYMENT_METHOD_TYPE_MISMATCH"),
    ("tok_expired", "CREDIT_CARD", "CARD_EXPIRED"),
]


async def test_what_cannot_be_stored_is_refused_typed(till: Till) -> None:
    user = uuid4()
    for token, kind, code in UNACCEPTABLE:
        payload = await save(till, user, token, kind)
        assert (payload["paymentMethod"], [error["code"] for error in payload["errors"]]) == (None, [code])
    assert await DB.fetch_value("SELECT count(*) FROM payment_methods") == 0


async def test_guests_store_nothing(till: Till) -> None:
    variables = {"input": {"providerToken": "tok_visa", "type": "CREDIT_CARD"}}
    data = await till.client.query(SAVE, variables, as_guest=uuid4())
    assert data["savePaymentMethod"]["errors"][0]["code"] == "ACCOUNT_REQUIRED"


async def test_parallel_changes_leave_one_default(till: Till) -> None:
    user = uuid4()
    await asyncio.gather(*(save(till, user, f"tok_{name}", isDefault=True) for name in ("visa", "mastercard", "amex")))
    ids = [method["id"] for method in await listed(till, user)]
    await asyncio.gather(*(till.client.query(DEFAULT, {"id": id}, as_user=user) for id in ids * 4))
    assert [method["isDefault"] for method in await listed(till, user)].count(True) == 1


async def test_methods_of_others_do_not_exist(till: Till) -> None:
    user, stranger = uuid4(), uuid4()
    id = (await save(till, user, "tok_visa"))["paymentMethod"]["id"]
    for operation, field in ((DEFAULT, "setDefaultPaymentMethod"), (REMOVE, "removePaymentMethod")):
        payload = (await till.client.query(operation, {"id": id}, as_user=stranger))[field]
        assert payload["errors"][0]["code"] == "NOT_FOUND"
    reference = {"__typename": "PaymentMethod", "id": id}
    assert await till.client.entities("... on PaymentMethod { id }", reference, as_user=stranger) == [None]
    assert await till.client.entities("... on PaymentMethod { id }", reference, as_user=user) == [{"id": id}]
    answer = await till.client.send(
        f"query($r: [_Any!]!) {{ _entities(representations: $r) {{ {LIST} }} }}",
        {"r": [{"__typename": "User", "id": str(user)}]},
        as_user=stranger,
    )
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_removed_method_is_gone_and_may_come_back(till: Till) -> None:
    user = uuid4()
    id = (await save(till, user, "tok_visa"))["paymentMethod"]["id"]
    await till.client.query(REMOVE, {"id": id}, as_user=user)
    assert await listed(till, user) == []
    outcome = await till.authorize(uuid4(), user, token=None, method=id)
    assert outcome["declineCode"] == "payment_method_not_found"
    again = (await save(till, user, "tok_visa"))["paymentMethod"]
    assert again["id"] != id
    outcome = await till.authorize(uuid4(), user, token=None, method=again["id"], key="k")
    assert outcome["state"] == "AUTHORIZED"


@pytest.mark.parametrize(
    ("month", "year", "expired"),
    [(8, 2026, False), (7, 2026, True), (1, 2027, False), (12, 2025, True), (None, None, False)],
)
def test_a_card_is_good_until_the_end_of_its_month(month: int | None, year: int | None, expired: bool) -> None:
    details = MethodDetails(PaymentMethodType.CREDIT_CARD, "f", expiry_month=month, expiry_year=year)
    assert is_expired(details, date(2026, 8, 31)) is expired
