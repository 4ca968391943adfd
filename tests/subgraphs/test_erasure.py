"""A person who asks to be forgotten is nowhere afterwards: not in six databases, their logs, nor in streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from redis.asyncio import Redis

from subgraphs.auth import app as auth_app
from subgraphs.auth import erasure
from subgraphs.auth.passwords import Passwords
from subgraphs.kernel.identity import generate_key
from subgraphs.kernel.settings import ROOMS
from subgraphs.kernel.upkeep import SHARED, tidy
from subgraphs.payment.service import forgetting
from tests.fixtures.databases import RoomDatabases
from tests.fixtures.rooms import RoomClient, StartRoom
from tests.subgraphs.notification.conftest import PostOffice, post_office

__all__ = ["post_office"]

PASSWORD = "correct horse battery"
EMAIL = "zenobia.quux@example.com"
PERSONAL = (
    "zenobia",
    "quux",
    "vavavoom",
    "+442079460958",
    "7946 0958",
    "Kolokotroni",
    "Nafplio",
    "21100",
    "zbrowser",
    "203.0.113.77",
    "zpicture",
    "1971-03-04",
    "ring twice",
    "pt-BR",
    "4242",
)
"""Strings that are this person's and nobody else's."""
WAIT_SECONDS = 60


class Rooms:
    """All six, with everything that runs beside requests."""

    def __init__(self, clients: Mapping[str, RoomClient]) -> None:
        self.clients = clients

    def __getitem__(self, room: str) -> RoomClient:
        return self.clients[room]

    async def value(self, room: str, sql: str, *arguments: object) -> Any:
        return await self.clients[room].room.database.fetch_value(sql, *arguments)


@pytest.fixture
def start_shop(
    start_room: StartRoom, redis_url: str, post_office: PostOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    monkeypatch.setattr(auth_app, "Passwords", lambda: Passwords(time_cost=1, memory_kib=64))
    monkeypatch.setattr(erasure, "_POLL_SECONDS", 0.05)
    monkeypatch.setattr(erasure, "_FIRST_PAUSE", timedelta(seconds=0.3))
    monkeypatch.setattr(erasure, "_LONGEST_PAUSE", timedelta(seconds=0.3))
    monkeypatch.setattr(forgetting, "_PAUSE_SECONDS", 0.05)
    key, secret = tmp_path / "key.pem", tmp_path / "secret"
    key.write_bytes(generate_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    secret.write_text("a secret of enough bytes for one-time links")
    variables = {**post_office.settings(), "AUTH_TOKEN_KEY": str(key), "AUTH_LINK_SECRET": str(secret)}

    @asynccontextmanager
    async def start(*, background: bool = True, only: tuple[str, ...] = ROOMS) -> AsyncIterator[Rooms]:
        async with AsyncExitStack() as running:
            clients: dict[str, RoomClient] = {}
            for room in only:
                peers = {"auth": clients["auth"].app} if room == "notification" else {}
                create_app = import_module(f"subgraphs.{room}.app").create_app
                options = {"redis": redis_url, "variables": variables, "peers": peers, "background": background}
                clients[room] = await running.enter_async_context(start_room(room, create_app, **options))
            yield Rooms(clients)

    return start


async def wait_for(condition: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            if found := await condition():
                return found
            await asyncio.sleep(0.05)


async def live(rooms: Rooms) -> tuple[UUID, str]:
    """Somebody with an account leaves traces everywhere; answers the user and the session."""
    person = {"email": EMAIL, "password": PASSWORD, "firstName": "Zenobia", "lastName": "Quux", "locale": "pt-BR"}
    register = "mutation($i: RegisterInput!) { register(input: $i) { errors { code } } }"
    assert (await rooms["auth"].query(register, {"i": person}))["register"]["errors"] == []
    login = "mutation($e: String!, $p: String!) { login(email: $e, password: $p) { tokens { accessToken } } }"
    response = await rooms["auth"].http.post(
        "/graphql",
        json={"query": login, "variables": {"e": EMAIL, "p": PASSWORD}},
        headers={"user-agent": "zbrowser 1.0", "x-forwarded-for": "203.0.113.77"},
    )
    token = response.json()["data"]["login"]["tokens"]["accessToken"]
    claims = jwt.decode(token, options={"verify_signature": False})
    user = UUID(claims["sub"])
    await rooms["auth"].query(f'mutation {{ requestPasswordReset(email: "{EMAIL}") {{ ok }} }}')
    change = """mutation($p: String!) {
        requestEmailChange(newEmail: "vavavoom@example.com", password: $p) { ok errors { code } } }"""
    assert (await rooms["auth"].query(change, {"p": PASSWORD}, as_user=user))["requestEmailChange"]["ok"]
    await wait_for(lambda: rooms.value("user", "SELECT true FROM user_preferences WHERE user_id = $1", user))
    await _fill_profile(rooms, user)
    await _buy(rooms, user)
    await wait_for(
        lambda: rooms.value("notification", "SELECT count(*) >= 4 FROM notifications WHERE delivery_status = 'sent'")
    )
    await wait_for(
        lambda: rooms.value("notification", "SELECT phone IS NOT NULL FROM recipients WHERE user_id = $1", user)
    )
    return user, claims["sid"]


async def _fill_profile(rooms: Rooms, user: UUID) -> None:
    profile = """mutation { updateProfile(input: {phoneNumber: "+44 20 7946 0958", dateOfBirth: "1971-03-04",
        avatarUrl: "https://img.example.com/zpicture.webp"}) { errors { code } } }"""
    assert (await rooms["user"].query(profile, as_user=user))["updateProfile"]["errors"] == []
    address = """mutation { addAddress(input: {type: SHIPPING, recipient: "Zenobia Quux", street: "Kolokotroni 1",
        city: "Nafplio", zipCode: "211 00", country: "GR", phone: "+44 20 7946 0958"}) {
            address { id } errors { code } } }"""
    for _ in range(2):
        added = (await rooms["user"].query(address, as_user=user))["addAddress"]
        assert added["errors"] == []
    remove = "mutation($id: ID!) { removeAddress(id: $id) { errors { code } } }"
    await rooms["user"].query(remove, {"id": added["address"]["id"]}, as_user=user)


async def _buy(rooms: Rooms, user: UUID) -> None:
    save = """mutation { savePaymentMethod(input: {type: CREDIT_CARD, providerToken: "tok_visa"}) {
        paymentMethod { id } errors { code message } } }"""
    saved = (await rooms["payment"].query(save, as_user=user))["savePaymentMethod"]
    assert saved["errors"] == []
    product = await rooms.value(
        "product",
        "INSERT INTO products (name, sku, slug, price) VALUES ('Lamp', 'L-1', 'lamp', 10) RETURNING id",
    )
    review = await rooms.value(
        "product",
        "INSERT INTO product_reviews (product_id, user_id, rating, title) VALUES ($1, $2, 5, 'Fine') RETURNING id",
        product,
        user,
    )
    await rooms.value("product", "INSERT INTO review_votes (review_id, user_id) VALUES ($1, $2)", review, user)
    address = {
        "recipient": "Zenobia Quux",
        "street": "Kolokotroni 1",
        "street2": None,
        "city": "Nafplio",
        "state": "",
        "zip_code": "21100",
        "country": "GR",
        "phone": "+442079460958",
    }
    for status in ("delivered", "shipped"):
        order = await rooms.value(
            "order",
            """
            INSERT INTO orders (id, order_number, user_id, status, subtotal, total, shipping_address, billing_address,
                                contact_email, notes)
            VALUES (gen_random_uuid(), $1, $2, $3, 10, 10, $4, $4, $5, 'ring twice') RETURNING id
            """,
            f"ORD-{status}",
            user,
            status,
            address,
            EMAIL,
        )
        await _order_traces(rooms, user, order, product)


async def _order_traces(rooms: Rooms, user: UUID, order: UUID, product: UUID) -> None:
    await rooms.value(
        "product", "INSERT INTO purchases VALUES ($1, $2, $3, now()) ON CONFLICT DO NOTHING", user, product, order
    )
    facts = {"user_id": str(user), "order_id": str(order), "order_number": "ORD-1", "contact_email": EMAIL}
    more = {"total": "10.00", "currency": "EUR", "items": []}
    await rooms.value(
        "order",
        "INSERT INTO outbox (type, aggregate, payload) VALUES ('order.confirmed', $1, $2)",
        f"order:{order}",
        {**facts, **more},
    )
    await rooms.value(
        "order",
        """
        INSERT INTO order_status_history (order_id, status, notes, actor_kind, actor_id)
        VALUES ($1, 'pending', 'ring twice', 'customer', $2)
        """,
        order,
        user,
    )
    await rooms.value(
        "payment",
        """
        INSERT INTO payments (order_id, user_id, amount, payment_method, method_summary)
        VALUES ($1, $2, 10, 'credit_card', 'visa 4242')
        """,
        order,
        user,
    )


async def grow_old(rooms: Rooms, user: UUID) -> set[str]:
    """Everything that is partitioned is there a second time, of ten years ago, in months that are detached by now."""
    await rooms.value("notification", "UPDATE notification_logs SET error_message = 'no mailbox ' || $1::text", EMAIL)
    await rooms.value(
        "order",
        """
        INSERT INTO checkout_sagas (order_id, user_id, step, cancel_reason)
        SELECT id, user_id, 'failed', 'call me at vavavoom' FROM orders WHERE order_number = 'ORD-delivered'
        """,
    )
    detached = set()
    for room in ROOMS:
        upkeep = import_module(f"subgraphs.{room}.app").ROOM.upkeep
        for partitioned in (*SHARED.partitioned, *upkeep.partitioned):
            copied = f"""
                INSERT INTO {partitioned.table} SELECT (jsonb_populate_record(
                    t, jsonb_build_object('created_at', t.created_at - interval '10 years'))).*
                FROM {partitioned.table} t
            """
            await rooms.value(room, copied)
        await tidy(rooms[room].room.database, upkeep, datetime.now(UTC))
        names = (
            "SELECT array_agg(relname::text) FROM pg_class WHERE relname ~ '_20[0-9]{2}_[0-9]{2}$' "
            "AND relkind = 'r' AND NOT relispartition"
        )
        detached |= {f"{room}.{name}" for name in await rooms.value(room, names) or ()}
    return detached


async def traces(databases: RoomDatabases) -> list[str]:
    """Every cell of every table of every database that holds something personal."""
    found = []
    for room in ROOMS:
        connection = await asyncpg.connect(**databases(room).connect_arguments())
        tables = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
            "AND NOT relispartition"
        )
        for (table,) in tables:
            for row in await connection.fetch(f'SELECT row_to_json(t)::text AS cells FROM "{table}" t'):
                # a template shows the card's digits nowhere, but an id may by chance: look at words alone
                cells = row["cells"].lower()
                found += [f"{room}.{table}: {word}" for word in PERSONAL if _word_in(word.lower(), cells)]
        await connection.close()
    return found


def _word_in(word: str, cells: str) -> bool:
    return f'"{word}' in cells or f" {word}" in cells or (not word.isdigit() and word in cells)


async def erase(rooms: Rooms, user: UUID, session: str) -> dict[str, Any]:
    operation = f'mutation {{ eraseAccount(password: "{PASSWORD}") {{ ok errors {{ code }} }} }}'
    answer: dict[str, Any] = (await rooms["auth"].query(operation, as_user=user))["eraseAccount"]
    return answer


async def done(rooms: Rooms) -> Any:
    return await rooms.value("auth", "SELECT completed_at FROM erasures")


async def test_nothing_of_a_person_is_left(
    start_shop: Callable[..., Any], room_database: RoomDatabases, redis_url: str
) -> None:
    async with start_shop() as rooms:
        user, session = await live(rooms)
        detached = await grow_old(rooms, user)
        before = await traces(room_database)
        assert {item.partition(".")[0] for item in before} == set(ROOMS) - {"product"}
        told = {item.partition(":")[0] for item in before}
        for table in ("auth.audit_log", "user.audit_log", "order.audit_log", "order.order_status_history",
                      "notification.notifications", "notification.notification_logs"):  # fmt: skip
            assert [name for name in told & detached if name.startswith(f"{table}_")], f"{table}: {detached}"
        assert await erase(rooms, user, session) == {"ok": True, "errors": []}
        login = f'mutation {{ login(email: "{EMAIL}", password: "{PASSWORD}") {{ errors {{ code }} }} }}'
        assert (await rooms["auth"].query(login))["login"]["errors"] == [{"code": "INVALID_CREDENTIALS"}]
        redis = Redis.from_url(redis_url)
        assert not await redis.exists(f"session:{session}")

        await wait_for(lambda: rooms.value("auth", "SELECT pending = '{order}' FROM erasures WHERE user_id = $1", user))
        open_order = "SELECT shipping_address ->> 'street' FROM orders WHERE order_number = 'ORD-shipped'"
        assert await rooms.value("order", open_order) == "Kolokotroni 1", "the parcel is still on its way"
        assert await done(rooms) is None
        await rooms.value("order", "UPDATE orders SET status = 'delivered' WHERE order_number = 'ORD-shipped'")
        await wait_for(lambda: done(rooms))

        assert await traces(room_database) == []
        for service in ROOMS:
            for _, fields in await redis.xrange(f"events:{service}"):
                entry = fields[b"event"].decode().lower()
                assert not [word for word in PERSONAL if not word.isdigit() and word.lower() in entry]
        await redis.aclose()
        await _kept(rooms, user)


async def _kept(rooms: Rooms, user: UUID) -> None:
    """What the law requires, and what others wrote about or rely on."""
    assert await rooms.value("order", "SELECT count(*) FROM orders WHERE user_id = $1 AND total = 10", user) == 2
    assert await rooms.value("order", "SELECT bool_and(shipping_address ->> 'country' = 'GR') FROM orders")
    assert await rooms.value("payment", "SELECT count(*) FROM payments WHERE user_id = $1", user) == 2
    assert await rooms.value("product", "SELECT count(*) FROM product_reviews WHERE user_id <> $1", user) == 1
    assert await rooms.value("product", "SELECT helpful_count FROM product_reviews") == 1
    assert rooms["payment"].room.resources is not None
    assert await rooms.value("payment", "SELECT count(*) FROM payment_methods") == 0
    register = "mutation($i: RegisterInput!) { register(input: $i) { errors { code } } }"
    person = {"email": EMAIL, "password": PASSWORD, "firstName": "A", "lastName": "B"}
    await rooms["auth"].query(register, {"i": person})
    assert await rooms.value("auth", "SELECT count(*) FROM users WHERE deleted_at IS NULL") == 1


async def test_an_erasure_goes_on_after_everything_stopped(
    start_shop: Callable[..., Any], room_database: RoomDatabases
) -> None:
    """Stopped right after the request, then for a while without two rooms: it ends when all are there again."""
    async with start_shop() as rooms:
        user, session = await live(rooms)
        await rooms.value("order", "UPDATE orders SET status = 'delivered'")
    async with start_shop(background=False) as rooms:
        assert (await erase(rooms, user, session))["ok"]
    async with start_shop(only=("auth", "user", "order", "notification")) as rooms:
        await wait_for(
            lambda: rooms.value("auth", "SELECT cardinality(pending) = 2 FROM erasures WHERE user_id = $1", user)
        )
        assert await done(rooms) is None
    async with start_shop() as rooms:
        await wait_for(lambda: done(rooms))
    assert await traces(room_database) == []


async def test_a_registration_told_late_brings_nobody_back(
    start_shop: Callable[..., Any], room_database: RoomDatabases
) -> None:
    """Two consumers of a room may apply a person's first and last event in either order."""
    from subgraphs.kernel.consumer import apply_once
    from subgraphs.kernel.events import Event
    from subgraphs.notification.events import HANDLERS
    from subgraphs.user.erasure import on_erased
    from subgraphs.user.events import on_registered

    user = uuid4()
    facts = {"user_id": str(user), "email": EMAIL, "first_name": "Zenobia", "last_name": "Quux", "locale": "pt-BR"}
    registered = Event("user.registered", f"user:{user}", facts)
    erased = Event("user.erased", f"user:{user}", {"user_id": str(user)})
    async with start_shop(background=False, only=("auth", "user", "notification")) as rooms:
        for event, handler in ((erased, on_erased), (registered, on_registered)):
            await apply_once(rooms["user"].room, "user", event, handler)
        for event in (erased, registered):
            await apply_once(rooms["notification"].room, "notification", event, HANDLERS[event.type])
    assert await traces(room_database) == []


@pytest.mark.parametrize(
    "password", ["wrong", "", "\x00", "é" * 300_000], ids=["wrong", "none", "unstorable", "endless"]
)
async def test_without_the_password_nothing_is_erased(start_shop: Callable[..., Any], password: str) -> None:
    async with start_shop(background=False, only=("auth",)) as rooms:
        register = "mutation($i: RegisterInput!) { register(input: $i) { errors { code } } }"
        person = {"email": EMAIL, "password": PASSWORD, "firstName": "A", "lastName": "B"}
        await rooms["auth"].query(register, {"i": person})
        user = await rooms.value("auth", "SELECT id FROM users")
        operation = "mutation($p: String!) { eraseAccount(password: $p) { ok errors { code path } } }"
        answer = (await rooms["auth"].query(operation, {"p": password}, as_user=user))["eraseAccount"]
        assert answer == {"ok": False, "errors": [{"code": "INVALID_CREDENTIALS", "path": ["password"]}]}
        guest = (await rooms["auth"].query(operation, {"p": password}, as_guest=uuid4()))["eraseAccount"]
        assert guest["errors"] == [{"code": "ACCOUNT_REQUIRED", "path": None}]
        assert await rooms.value("auth", "SELECT deleted_at IS NULL FROM users")
        assert await rooms.value("auth", "SELECT count(*) FROM erasures") == 0
