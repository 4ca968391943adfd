"""Checkout against the real product, payment and user rooms in one process: one order, one charge, no lost unit."""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from subgraphs.kernel.service_client import PeerUnavailable, ServiceClient
from subgraphs.order.peers import Siblings
from subgraphs.order.service.worker import work_once
from subgraphs.order.tables import DB as ORDER_DB
from subgraphs.payment.tables import DB as PAYMENT_DB
from subgraphs.user.tables import DB as USER_DB
from tests.subgraphs.order.buying import ADD, BONN, CHECKOUT, buy, events, fill, wanted
from tests.subgraphs.order.conftest import Shop, add_product

# -- the happy path ----------------------------------------------------------------------------------------------------


async def test_a_cart_becomes_a_confirmed_paid_order(shop: Shop) -> None:
    user = uuid4()
    lamp = await add_product("20.00", stock=10)
    version = await fill(shop, user, lamp, 2)
    payload = await buy(shop, user, wanted(version, "40"))
    assert payload["errors"] == []
    assert (payload["replayed"], payload["nextAction"]) == (False, None)
    order = payload["order"]
    assert (order["status"], order["checkoutState"], order["version"]) == ("CONFIRMED", "COMPLETED", 2)
    assert (order["total"], order["shippingCost"]) == ({"amount": "45.99", "currency": "USD"}, {"amount": "5.99"})
    assert order["shippingAddress"] == {"street": "Main 1", "zipCode": "53111", "state": "", "recipient": "Ada"}
    assert order["billingAddress"] == {"street": "Main 1"}
    assert order["history"] == [
        {"status": "PENDING", "actor": {"id": str(user)}},
        {"status": "CONFIRMED", "actor": None},
    ]
    assert await shop.stock(lamp) == (8, 0)
    paid = await PAYMENT_DB.fetch_row("SELECT status, captured_amount, processed_at FROM payments")
    assert (paid["status"], paid["captured_amount"]) == ("completed", Decimal("45.99"))
    assert await events(ORDER_DB) == [("order.created", 1), ("order.confirmed", 2)]
    assert [name for name, _ in await events(PAYMENT_DB)] == ["payment.completed"]
    cart = await ORDER_DB.fetch_row("SELECT items, version FROM shopping_carts")
    assert (cart["items"], cart["version"]) == ([], version + 1)
    saga = await ORDER_DB.fetch_row("SELECT step, attempts, next_run_at, lease_until FROM checkout_sagas")
    assert tuple(saga) == ("confirmed", 1, None, None)


async def test_a_stored_address_is_copied(shop: Shop) -> None:
    user = uuid4()
    lamp = await add_product("60.00")
    address = await USER_DB.fetch_value(
        """
        INSERT INTO user_addresses (user_id, address_type, street, city, state, zip_code, country)
        VALUES ($1, 'shipping', 'Oak 7', 'Köln', '', '50667', 'DE') RETURNING id
        """,
        user,
    )
    version = await fill(shop, user, lamp)
    stored = {"shippingAddress": None, "shippingAddressId": str(address), "billingAddress": BONN}
    order = (await buy(shop, user, wanted(version, "60.00", **stored)))["order"]
    assert (order["shippingAddress"]["street"], order["billingAddress"]["street"]) == ("Oak 7", "Main 1")
    assert order["total"]["amount"] == "60.00"  # free shipping
    version = await fill(shop, user, lamp)
    foreign = {"shippingAddress": None, "shippingAddressId": str(uuid4())}
    assert (await buy(shop, user, wanted(version, "60.00", **foreign)))["errors"][0]["code"] == "NOT_FOUND"


async def test_a_guest_buys_with_an_email(shop: Shop) -> None:
    guest = uuid4()
    lamp = await add_product()
    data = await shop.order.query(ADD, {"p": str(lamp), "q": 1}, as_guest=guest)
    input = wanted(data["addToCart"]["cart"]["version"], "20.00")
    assert (await buy(shop, guest, input, as_guest=guest))["errors"][0]["code"] == "EMAIL_REQUIRED"
    payload = await buy(shop, guest, {**input, "email": "guest@example.com"}, as_guest=guest)
    assert payload["order"]["status"] == "CONFIRMED"


# -- repetition --------------------------------------------------------------------------------------------------------


async def test_parallel_repetitions_make_one_order_and_one_charge(shop: Shop) -> None:
    user = uuid4()
    lamp = await add_product(stock=5)
    input = wanted(await fill(shop, user, lamp), "20.00")
    answers = await asyncio.gather(*(buy(shop, user, input) for _ in range(20)))
    outcomes = Counter(
        answer["errors"][0]["code"] if answer["errors"] else ("replayed" if answer["replayed"] else "first")
        for answer in answers
    )
    assert outcomes["first"] == 1
    assert set(outcomes) <= {"first", "replayed", "IN_PROGRESS"}
    again = await buy(shop, user, input)
    assert (again["replayed"], again["order"]["status"], again["errors"]) == (True, "CONFIRMED", [])
    assert await ORDER_DB.fetch_value("SELECT count(*) FROM orders") == 1
    assert await PAYMENT_DB.fetch_value("SELECT count(*) FROM payment_attempts") == 1
    assert await shop.stock(lamp) == (4, 0)
    other = await buy(shop, user, {**input, "notes": "another request"})
    assert other["errors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_two_keys_cannot_buy_one_cart_twice(shop: Shop) -> None:
    user = uuid4()
    lamp = await add_product(stock=5)
    version = await fill(shop, user, lamp)
    answers = await asyncio.gather(*(buy(shop, user, wanted(version, "20.00")) for _ in range(4)))
    assert sorted(len(answer["errors"]) for answer in answers) == [0, 1, 1, 1]
    assert {error["code"] for answer in answers for error in answer["errors"]} <= {"CART_CHANGED", "CART_EMPTY"}
    assert await shop.stock(lamp) == (4, 0)
    assert await PAYMENT_DB.fetch_value("SELECT count(*) FROM payments") == 1


async def test_a_run_whose_process_vanished_is_continued_by_a_repetition(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = uuid4()
    lamp = await add_product(stock=5)
    input = wanted(await fill(shop, user, lamp), "20.00")
    real = ServiceClient.execute

    async def vanish(self: ServiceClient, query: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        if "CommitReservation" in query:
            raise asyncio.CancelledError
        return await real(self, query, *arguments, **options)

    monkeypatch.setattr(ServiceClient, "execute", vanish)
    with pytest.raises(asyncio.CancelledError):
        await buy(shop, user, input)
    monkeypatch.undo()
    headers = {"authorization": shop.order.identities.user(user)}
    running = await shop.order.http.post(
        "/graphql", json={"query": CHECKOUT, "variables": {"input": input}}, headers=headers
    )
    assert running.json()["data"]["checkout"]["errors"][0]["code"] == "IN_PROGRESS"
    assert running.json()["extensions"]["retryAfterSeconds"] == 1
    assert running.headers["retry-after"] == "1"
    await ORDER_DB.execute("UPDATE checkout_sagas SET lease_until = now() - interval '1 second'")
    payload = await buy(shop, user, input)
    assert payload["order"]["status"] == "CONFIRMED"
    assert await shop.stock(lamp) == (4, 0)
    assert await PAYMENT_DB.fetch_value("SELECT count(*) FROM payments WHERE status = 'completed'") == 1
    assert await ORDER_DB.fetch_value("SELECT count(*) FROM orders") == 1


# -- refusals ----------------------------------------------------------------------------------------------------------


async def test_a_shortage_is_named_and_leaves_nothing(shop: Shop) -> None:
    user = uuid4()
    lamp, rare = await add_product(stock=5), await add_product(stock=1)
    await fill(shop, user, lamp, 1)
    version = await fill(shop, user, rare, 3)
    input = wanted(version, "80.00")
    payload = await buy(shop, user, input)
    assert payload["order"] is None
    (error,) = payload["errors"]
    assert (error["__typename"], error["productId"], error["requested"], error["available"]) == (
        "OutOfStockError",
        str(rare),
        3,
        1,
    )
    assert (await shop.stock(lamp), await shop.stock(rare)) == ((5, 0), (1, 0))
    assert await ORDER_DB.fetch_value("SELECT count(*) FROM orders") == 0
    assert await ORDER_DB.fetch_value("SELECT count(*) FROM idempotency_keys") == 0  # the key may be tried again
    assert await ORDER_DB.fetch_value("SELECT version FROM shopping_carts") == version


async def test_a_changed_price_is_told_before_any_charge(shop: Shop) -> None:
    user = uuid4()
    lamp = await add_product("20.00")
    payload = await buy(shop, user, wanted(await fill(shop, user, lamp), "19"))
    (error,) = payload["errors"]
    assert error["__typename"] == "PriceChangedError"
    assert (error["oldTotal"], error["newTotal"]) == ({"amount": "19.00"}, {"amount": "20.00"})
    assert await shop.stock(lamp) == (10, 0)
    assert await PAYMENT_DB.fetch_value("SELECT count(*) FROM payments") == 0


JUNK: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"idempotencyKey": ""}, "IDEMPOTENCY_KEY_INVALID", ["idempotencyKey"]),
    ({"idempotencyKey": "a\x00b"}, "IDEMPOTENCY_KEY_INVALID", ["idempotencyKey"]),
    ({"cartVersion": 99}, "CART_CHANGED", ["cartVersion"]),
    ({"cartVersion": -1}, "CART_CHANGED", ["cartVersion"]),
    ({"expectedTotal": "20.001"}, "AMOUNT_SCALE", ["expectedTotal"]),
    ({"expectedTotal": "-1"}, "AMOUNT_OUT_OF_RANGE", ["expectedTotal"]),
    ({"currency": "KWD"}, "CURRENCY_NOT_SUPPORTED", ["currency"]),
    ({"currency": "usd"}, "CURRENCY_NOT_SUPPORTED", ["currency"]),
    ({"currency": "EUR"}, "CURRENCY_MISMATCH", ["currency"]),
    ({"shippingAddress": None}, "ADDRESS_REQUIRED", ["shippingAddress"]),
    ({"shippingAddress": {**BONN, "country": "Germany"}}, "COUNTRY_INVALID", ["shippingAddress", "country"]),
    ({"shippingAddress": {**BONN, "zipCode": "5" * 256}}, "ADDRESS_FIELD_TOO_LONG", ["shippingAddress", "zipCode"]),
    ({"billingAddress": {**BONN, "street": "a\x00b"}}, "ADDRESS_FIELD_INVALID", ["billingAddress", "street"]),
    ({"shippingAddressId": "x"}, "ADDRESS_AMBIGUOUS", ["shippingAddress"]),
    ({"shippingAddressId": "x", "shippingAddress": None}, "NOT_FOUND", ["shippingAddressId"]),
    ({"paymentToken": None}, "PAYMENT_SOURCE_REQUIRED", ["paymentToken"]),
    ({"paymentMethodId": "x"}, "PAYMENT_SOURCE_REQUIRED", ["paymentToken"]),
    ({"email": "nobody"}, "EMAIL_INVALID", ["email"]),
    ({"email": "a\x00b@example.com"}, "EMAIL_INVALID", ["email"]),
    ({"notes": "x" * 3000}, "NOTES_TOO_LONG", ["notes"]),
    ({"notes": "a\x00b"}, "NOTES_INVALID", ["notes"]),
]


async def test_junk_is_refused_typed_and_changes_nothing(shop: Shop) -> None:
    user = uuid4()
    lamp = await add_product("20.00")
    version = await fill(shop, user, lamp)
    for changes, code, path in JUNK:
        payload = await buy(shop, user, wanted(version, "20.00", **changes))
        assert [(error["code"], error["path"]) for error in payload["errors"]] == [(code, ["input", *path])], changes
        assert payload["order"] is None
    assert await shop.stock(lamp) == (10, 0)
    assert await ORDER_DB.fetch_value("SELECT count(*) FROM orders") == 0
    assert (await buy(shop, user, wanted(version, "20.00")))["order"]["status"] == "CONFIRMED"


async def test_an_empty_cart_is_refused(shop: Shop) -> None:
    assert (await buy(shop, uuid4(), wanted(1, "0")))["errors"][0]["code"] == "CART_EMPTY"


async def test_goods_of_a_lost_answer_are_released_by_the_worker(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    user, lamp = uuid4(), await add_product(stock=5)
    input = wanted(await fill(shop, user, lamp), "20.00")
    real = ServiceClient.execute

    async def answer_lost(self: ServiceClient, query: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        if "ReleaseReservation" not in query:
            await real(self, query, *arguments, **options)  # product has acted
        raise PeerUnavailable("lost")

    with monkeypatch.context() as patch:
        patch.setattr(ServiceClient, "execute", answer_lost)
        assert (await buy(shop, user, input))["errors"][0]["code"] == "SERVICE_UNAVAILABLE"
    assert await shop.stock(lamp) == (5, 1)
    assert (await buy(shop, user, input))["order"]["status"] == "CONFIRMED"  # the key was free at once
    await ORDER_DB.execute("UPDATE checkout_sagas SET next_run_at = now() WHERE next_run_at IS NOT NULL")
    assert await work_once(Siblings(shop.order.room.peers)) == 1
    assert await shop.stock(lamp) == (4, 0)
    assert (await buy(shop, user, input))["replayed"]


@pytest.mark.parametrize(("lost", "code"), [(True, "IN_PROGRESS"), (False, "SERVICE_UNAVAILABLE")])
async def test_a_checkout_that_was_given_up_while_it_reserved_may_be_tried_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, lost: bool, code: str
) -> None:
    """The call took longer than the lease, and the worker released the goods: that is no refusal of the goods.

    When its answer is ``lost``, the goods are not asked for again, as the checkout is in other hands; else it tells
    that they were released.
    """
    user, lamp = uuid4(), await add_product(stock=5)
    input = wanted(await fill(shop, user, lamp), "20.00")
    real = ServiceClient.execute

    async def too_late(self: ServiceClient, query: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        if "reserveStock(" not in query:
            return await real(self, query, *arguments, **options)
        monkeypatch.setattr(ServiceClient, "execute", real)
        await real(self, query, *arguments, **options)
        await ORDER_DB.execute(
            "UPDATE checkout_sagas SET lease_until = now() - interval '1 s', next_run_at = now() - interval '1 s'"
        )
        assert await work_once(Siblings(shop.order.room.peers)) == 1
        if lost:
            raise PeerUnavailable("lost")
        return await real(self, query, *arguments, **options)

    monkeypatch.setattr(ServiceClient, "execute", too_late)
    assert (await buy(shop, user, input))["errors"][0]["code"] == code
    assert await shop.stock(lamp) == (5, 0)
    assert (await buy(shop, user, input))["order"]["status"] == "CONFIRMED"
    assert await shop.stock(lamp) == (4, 0)


async def test_an_absent_product_service_is_a_typed_refusal_without_order(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = uuid4()
    lamp = await add_product()
    input = wanted(await fill(shop, user, lamp), "20.00")

    async def absent(self: ServiceClient, *arguments: Any, **options: Any) -> dict[str, Any]:
        raise PeerUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(ServiceClient, "execute", absent)
        payload = await buy(shop, user, input)
    assert (payload["order"], payload["errors"][0]["code"]) == (None, "SERVICE_UNAVAILABLE")
    assert await ORDER_DB.fetch_value("SELECT count(*) FROM orders") == 0
    assert (await buy(shop, user, input))["order"]["status"] == "CONFIRMED"  # the same key, once it is back


# -- races ----------------------------------------------------------------------------------------------------------


async def test_the_last_units_are_sold_once(shop: Shop) -> None:
    lamp = await add_product(stock=4)
    buyers = [uuid4() for _ in range(12)]
    versions = [await fill(shop, buyer, lamp) for buyer in buyers]
    answers = await asyncio.gather(
        *(buy(shop, buyer, wanted(version, "20.00")) for buyer, version in zip(buyers, versions, strict=True))
    )
    sold = [answer for answer in answers if not answer["errors"]]
    assert [answer["order"]["status"] for answer in sold] == ["CONFIRMED"] * 4
    assert {error["code"] for answer in answers for error in answer["errors"]} == {"OUT_OF_STOCK"}
    assert await shop.stock(lamp) == (0, 0)
    assert await ORDER_DB.fetch_value("SELECT count(DISTINCT order_number) FROM orders") == 4
