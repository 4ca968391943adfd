"""What rooms do about each other's events, interrupted at every call (S-111)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.auth import erasures
from subgraphs.auth.erasure import OTHERS
from subgraphs.order.app import create_app as create_order
from subgraphs.order.tables import DB as ORDER_DB
from subgraphs.payment.app import create_app as create_payment
from subgraphs.payment.tables import DB as PAYMENT_DB
from subgraphs.product.app import create_app as create_product
from subgraphs.product.service import stock
from subgraphs.product.tables import DB as PRODUCT_DB
from subgraphs.user.app import create_app as create_user
from subgraphs.user.tables import DB as USER_DB
from tests.fixtures.rooms import StartRoom
from tests.subgraphs.auth.conftest import AuthClient
from tests.subgraphs.interrupted.handling import Happening, try_handlers
from tests.subgraphs.interrupted.stepping import Step
from tests.subgraphs.order.conftest import InsertOrders, put_in_cart
from tests.subgraphs.product.conftest import Stockroom

pytestmark = pytest.mark.usefixtures("breakable_stores")

PERSON = {"first_name": "Ada", "last_name": "Lovelace", "locale": "de"}


async def trace(database: Any, who: UUID) -> None:
    """What every database knows of a person: an event told, a dead letter, a key."""
    facts = {"user_id": str(who), "email": "a@example.com"}
    await database.execute("INSERT INTO outbox (type, aggregate, payload) VALUES ('x.y', $1, $2)", f"user:{who}", facts)
    await database.execute(
        "INSERT INTO dead_letters (consumer, event_id, event_type, stream, event, error, attempts) "
        "VALUES ('other', $1, 'x.y', 'events:x', $2, 'e', 5)",
        uuid4(),
        {"payload": facts},
    )
    await database.execute(
        "INSERT INTO idempotency_keys (scope, key, request_hash) VALUES ($1, 'k', repeat('a', 64))", f"{who}:x"
    )


async def test_auth(auth: AuthClient, step: Step) -> None:
    def answers(room: str) -> Happening:
        async def one_of_many() -> dict[str, Any]:
            who = UUID((await auth.member(f"{uuid4().hex}@example.com")).user_id)
            await erasures.insert(who, OTHERS, timedelta(hours=1))
            return {"user_id": str(who), "room": room}

        return one_of_many

    await try_handlers(auth.room, step, {(room, "user.erasure_acknowledged"): [answers(room)] for room in OTHERS})


async def test_user(start_room: StartRoom, redis_url: str, step: Step) -> None:
    async def somebody_new() -> dict[str, Any]:
        return {"user_id": str(uuid4()), **PERSON}

    async def somebody_with_addresses() -> dict[str, Any]:
        who = uuid4()
        await USER_DB.execute("INSERT INTO user_profiles (user_id, first_name, last_name) VALUES ($1, 'A', 'L')", who)
        await USER_DB.execute("INSERT INTO user_preferences (user_id) VALUES ($1)", who)
        await USER_DB.execute(
            "INSERT INTO user_addresses (user_id, address_type, street, city, state, zip_code, country, is_default) "
            "SELECT $1, 'shipping', 'S', 'Berlin', '', '10115', 'DE', n = 1 FROM generate_series(1, 2) AS n",
            who,
        )
        await trace(USER_DB, who)
        return {"user_id": str(who), "pending": list(OTHERS)}

    async with start_room("user", create_user, redis=redis_url) as client:
        happenings = {
            ("auth", "user.registered"): [somebody_new],
            ("auth", "user.erased"): [somebody_with_addresses],
        }
        await try_handlers(client, step, happenings)


async def test_product(start_room: StartRoom, redis_url: str, step: Step) -> None:
    stockroom = Stockroom()

    async def reviewed_before_it_came() -> dict[str, Any]:
        who, products = uuid4(), [await stockroom.product() for _ in range(2)]
        await stockroom.review(products[0], who)
        items = [{"product_id": str(product)} for product in products]
        return {"user_id": str(who), "order_id": str(uuid4()), "items": items}

    async def a_reviewer() -> dict[str, Any]:
        who, product = uuid4(), await stockroom.product()
        review = await stockroom.review(product, who)
        await stockroom.purchase(product, who)
        await PRODUCT_DB.execute("INSERT INTO review_votes (review_id, user_id) VALUES ($1, $2)", review, who)
        await trace(PRODUCT_DB, who)
        return {"user_id": str(who), "pending": list(OTHERS)}

    async def sold_goods_come_back() -> dict[str, Any]:
        order = uuid4()
        await stock.reserve(order, [(await stockroom.product(), 2), (await stockroom.product(), 3)], 60)
        await stock.commit(order)
        return {"order_id": str(order), "restock": True}

    async with start_room("product", create_product, redis=redis_url) as client:
        happenings = {
            ("order", "order.delivered"): [reviewed_before_it_came],
            ("auth", "user.erased"): [a_reviewer],
            ("payment", "payment.refunded"): [sold_goods_come_back],
        }
        await try_handlers(client, step, happenings)
        assert await PRODUCT_DB.fetch_value("SELECT count(*) FROM products WHERE stock <> 10 OR reserved <> 0") == 0


async def test_order(start_room: StartRoom, redis_url: str, insert_orders: InsertOrders, step: Step) -> None:
    async def nothing_on_its_way() -> dict[str, Any]:
        who = uuid4()
        await insert_orders(who, 2, status="delivered")
        await put_in_cart(who, uuid4(), 1)
        await trace(ORDER_DB, who)
        return {"user_id": str(who), "pending": list(OTHERS)}

    async def a_parcel_on_its_way() -> dict[str, Any]:
        who = uuid4()
        await insert_orders(who, 1, status="delivered")
        await insert_orders(who, 1, status="shipped")
        await trace(ORDER_DB, who)
        return {"user_id": str(who), "pending": list(OTHERS)}

    async def two_carts() -> dict[str, Any]:
        who, guest, lamp = uuid4(), uuid4(), uuid4()
        await put_in_cart(who, lamp, 1)
        await put_in_cart(guest, lamp, 2)
        await put_in_cart(guest, uuid4(), 3)
        return {"user_id": str(who), "guest_id": str(guest)}

    async with start_room("order", create_order, redis=redis_url) as client:
        happenings = {
            ("auth", "user.erased"): [nothing_on_its_way, a_parcel_on_its_way],
            ("auth", "user.guest_linked"): [two_carts],
            ("auth", "user.registered"): [two_carts],
        }
        await try_handlers(client, step, happenings)


async def test_payment(start_room: StartRoom, redis_url: str, step: Step) -> None:
    async def payer() -> UUID:
        who = uuid4()
        await PAYMENT_DB.execute(
            "INSERT INTO payments (order_id, user_id, amount, payment_method, method_summary) "
            "VALUES ($1, $2, 10, 'credit_card', 'visa 4242')",
            uuid4(),
            who,
        )
        await trace(PAYMENT_DB, who)
        return who

    async def nothing_stored() -> dict[str, Any]:
        return {"user_id": str(await payer()), "pending": list(OTHERS)}

    async def a_stored_card() -> dict[str, Any]:
        who = await payer()
        save = (
            'mutation { savePaymentMethod(input: {type: CREDIT_CARD, providerToken: "tok_visa"}) { errors { code } } }'
        )
        assert (await client.query(save, as_user=who))["savePaymentMethod"]["errors"] == []
        return {"user_id": str(who), "pending": list(OTHERS)}

    async with start_room("payment", create_payment, redis=redis_url) as client:
        await try_handlers(client, step, {("auth", "user.erased"): [nothing_stored, a_stored_card]})
