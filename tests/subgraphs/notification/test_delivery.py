"""Messages leave the shop: by mail, text and push, as preferred, once, again after failures, or into dead letters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from subgraphs.auth import app as auth_app
from subgraphs.auth.passwords import Passwords
from subgraphs.auth.tables import DB as AUTH_DB
from subgraphs.kernel.consumer import apply_once
from subgraphs.kernel.events import Event
from subgraphs.kernel.identity import generate_key
from subgraphs.notification import delivery
from subgraphs.notification.announcements import ANNOUNCEMENTS
from subgraphs.notification.app import create_app
from subgraphs.notification.channels import MAX_ATTEMPTS, pause_after
from subgraphs.notification.delivery import MAILS, TEXTS, deliver_due, deliver_mails
from subgraphs.notification.domain import Channel
from subgraphs.notification.events import HANDLERS
from subgraphs.notification.mail import plain_text
from subgraphs.notification.repository import deliveries
from subgraphs.notification.tables import DB
from tests.fixtures.rooms import RoomClient, StartRoom
from tests.subgraphs.notification.conftest import Gateway, PostOffice

ALICE = uuid4()


@dataclass
class Shop:
    """The notification room with all its channels."""

    client: RoomClient
    post: PostOffice
    gateway: Gateway

    async def happen(self, event: Event) -> None:
        """As the consumer would apply it."""
        await apply_once(self.client.room, "notification", event, HANDLERS[event.type])

    async def deliver(self) -> int:
        """Until nothing is due."""
        total = 0
        for line in (MAILS, TEXTS):
            while handled := await deliver_due(self.client.room, line):
                total += handled
        return total

    async def let_time_pass(self) -> None:
        await DB.execute("UPDATE notifications SET next_attempt_at = now() - interval '1 second'")


@pytest.fixture
async def shop(start_room: StartRoom, post_office: PostOffice, gateway: Gateway, redis_url: str) -> AsyncIterator[Shop]:
    variables = {**post_office.settings(), **gateway.settings("SMS"), **gateway.settings("PUSH")}
    async with start_room("notification", create_app, redis=redis_url, variables=variables) as client:
        yield Shop(client, post_office, gateway)


def told(event_type: str, user: UUID = ALICE, **facts: Any) -> Event:
    return Event(event_type, f"user:{user}", {"user_id": str(user), **facts})


def order(what: str, **facts: Any) -> Event:
    known = {"order_id": str(uuid4()), "order_number": "ORD-7", "total": "9.90", "currency": "EUR"}
    return told(f"order.{what}", **{**known, **facts})


def preferences(*, email: bool = True, sms: bool = False, push: bool = False) -> Event:
    return told("preferences.updated", email_notifications=email, sms_notifications=sms, push_notifications=push)


async def rows() -> list[tuple[str, str, int]]:
    """Channel, delivery and attempts of what was written."""
    found = await DB.fetch("SELECT type, delivery_status, attempts FROM notifications ORDER BY type")
    return [tuple(row) for row in found]


async def log() -> list[tuple[str, str | None, bool]]:
    found = await DB.fetch(
        "SELECT status, error_message, sent_at IS NOT NULL AS sent FROM notification_logs ORDER BY created_at, id"
    )
    return [tuple(row) for row in found]


async def registered(shop: Shop) -> None:
    await shop.happen(told("user.registered", email="ann@example.com", first_name="Ann", locale="en"))
    await DB.execute("DELETE FROM notifications")


# -- mail -------------------------------------------------------------------------------------------------------------


async def test_a_confirmed_order_is_mailed_once(shop: Shop) -> None:
    await registered(shop)
    event = order("confirmed")
    for _ in range(3):
        await shop.happen(event)
    assert await shop.deliver() == 1
    assert await shop.deliver() == 0
    (mail,) = shop.post.mails
    assert (mail["To"], mail["From"], mail["Subject"]) == (
        "ann@example.com",
        "Stoa <shop@example.com>",
        "Order ORD-7 confirmed",
    )
    row_id = await DB.fetch_value("SELECT id FROM notifications WHERE type = 'email'")
    assert mail["Message-ID"] == f"<{row_id}@example.com>"
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert page is not None
    assert "your order ORD-7 over 9.90 EUR is confirmed" in text.get_content()
    assert "<p>Hello Ann,</p>" in page.get_content()


async def test_values_cannot_write_html_or_headers(shop: Shop) -> None:
    await registered(shop)
    await DB.execute("UPDATE recipients SET first_name = $1", "<img src=x>\r\nBcc: all@example.com")
    await shop.happen(order("confirmed", order_number="7\r\nBcc: all@example.com"))
    await shop.deliver()
    (mail,) = shop.post.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Order 7 Bcc: all@example.com confirmed"
    page = mail.get_body(("html",))
    assert page is not None
    assert "&lt;img" in page.get_content()
    assert "<img" not in page.get_content()


@pytest.mark.parametrize("event_type", sorted(ANNOUNCEMENTS))
async def test_every_announcement_reaches_every_channel_it_names(shop: Shop, event_type: str) -> None:
    announcement = ANNOUNCEMENTS[event_type]
    await registered(shop)
    await shop.happen(told("user.role_changed", role="ADMIN"))
    await shop.happen(told("profile.updated", first_name="Ann", phone_number="+442079460958"))
    await shop.happen(preferences(sms=True, push=True))
    await DB.execute("DELETE FROM notifications")
    facts = {
        "email": "new@example.com",
        "former_email": "old@example.com",
        "role": "SUPPORT",
        "amount": "1.00",
        "sku": "A-1",
        "name": "Lamp",
        "stock": 3,
    }
    if event_type not in ("user.email_changed", "user.email_change_requested"):
        del facts["email"]
    event = order("confirmed", **facts)
    await shop.happen(Event(event_type, event.aggregate, event.payload))
    expected = sorted(channel.value for channel in announcement.channels)
    assert [channel for channel, _, _ in await rows()] == expected
    await shop.deliver()
    assert [status for _, status, _ in await rows()] == ["sent"] * len(expected)
    texts = await DB.fetch("SELECT title, message FROM notifications")
    assert not any("{{" in row["title"] for row in texts)
    recipients = [mail["To"] for mail in shop.post.mails]
    wanted = {"email": "new@example.com", "former_email": "old@example.com", None: "ann@example.com"}
    assert recipients == ([wanted[announcement.address]] if "email" in expected else [])


async def test_a_guest_is_written_to_at_the_address_of_the_order(shop: Shop) -> None:
    await shop.happen(order("confirmed", contact_email="guest@example.com"))
    await shop.deliver()
    assert [mail["To"] for mail in shop.post.mails] == ["guest@example.com"]


async def test_a_mail_waits_for_its_address(shop: Shop) -> None:
    """Events of two services are not in order: the order may be known before its buyer."""
    await shop.happen(order("confirmed"))
    await shop.deliver()
    assert shop.post.mails == []
    await shop.happen(told("user.registered", email="ann@example.com", first_name="Ann", locale="en"))
    await shop.let_time_pass()
    await shop.deliver()
    assert sorted(mail["Subject"] for mail in shop.post.mails) == [
        "Order ORD-7 confirmed",
        "Welcome: please confirm your address",
    ]


# -- preferences ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "event_type", "channels"),
    [
        ({"email": False}, "order.shipped", ["in_app"]),
        ({"email": True, "sms": True, "push": True}, "order.shipped", ["email", "in_app", "push", "sms"]),
        ({"email": False, "sms": True}, "order.shipped", ["in_app", "sms"]),
        ({"email": False, "push": True}, "order.shipped", ["in_app", "push"]),
        ({"email": False}, "user.password_changed", ["email", "in_app"]),
    ],
)
async def test_preferences_choose_the_channels(
    shop: Shop, chosen: dict[str, bool], event_type: str, channels: list[str]
) -> None:
    await registered(shop)
    await shop.happen(told("profile.updated", first_name="Ann", phone_number="+442079460958"))
    await shop.happen(preferences(**chosen))
    event = order("shipped")
    await shop.happen(Event(event_type, event.aggregate, event.payload))
    assert [channel for channel, _, _ in await rows()] == channels


async def test_without_a_number_there_is_no_text_message(shop: Shop) -> None:
    await registered(shop)
    await shop.happen(preferences(sms=True))
    await shop.happen(order("shipped"))
    assert [channel for channel, _, _ in await rows()] == ["email", "in_app"]
    await shop.happen(told("profile.updated", phone_number="+442079460958"))
    await shop.happen(told("profile.updated", phone_number=None))
    assert await DB.fetch_value("SELECT phone FROM recipients") is None


async def test_nothing_but_account_mail_goes_to_a_closed_account(shop: Shop) -> None:
    await registered(shop)
    await shop.happen(told("user.deactivated", reason="fraud"))
    await shop.happen(order("confirmed"))
    await shop.deliver()
    assert [mail["Subject"] for mail in shop.post.mails] == ["Your account was closed"]
    assert [channel for channel, _, _ in await rows()] == ["email", "in_app"]


async def test_staff_are_told_what_runs_low(shop: Shop) -> None:
    bob = uuid4()
    await shop.happen(told("user.role_changed", role="FULFILMENT"))
    await shop.happen(told("user.role_changed", bob, role="SUPPORT"))
    await DB.execute("DELETE FROM notifications")
    low = {"product_id": str(uuid4()), "sku": "A-1", "name": "Lamp", "stock": 3}
    await shop.happen(Event("stock.low", f"product:{low['product_id']}", low))
    found = await DB.fetch("SELECT user_id, type, title, message FROM notifications")
    assert [tuple(row) for row in found] == [(ALICE, "in_app", "Lamp runs low", "3 left of A-1.")]


# -- text and push ----------------------------------------------------------------------------------------------------


async def test_text_and_push_messages_carry_their_key(shop: Shop) -> None:
    await registered(shop)
    await shop.happen(told("profile.updated", phone_number="+442079460958"))
    await shop.happen(preferences(email=False, sms=True, push=True))
    await shop.happen(order("shipped"))
    shop.gateway.statuses = [503, 429]
    await shop.deliver()
    await shop.let_time_pass()
    await shop.deliver()
    ids = {row["type"]: str(row["id"]) for row in await DB.fetch("SELECT type, id FROM notifications")}
    assert sorted(shop.gateway.taken, key=lambda item: item[1]["to"]) == sorted(
        [
            (ids["sms"], {"to": "+442079460958", "title": "Order shipped", "text": "Your order ORD-7 is on its way."}),
            (ids["push"], {"to": str(ALICE), "title": "Order shipped", "text": "Your order ORD-7 is on its way."}),
        ],
        key=lambda item: item[1]["to"],
    )
    assert await rows() == [("in_app", "sent", 0), ("push", "sent", 2), ("sms", "sent", 2)]


async def test_a_message_taken_before_is_sent(shop: Shop) -> None:
    await registered(shop)
    await shop.happen(order("shipped"))
    shop.gateway.statuses = [409]
    await shop.deliver()
    assert ("push", "sent", 1) in await rows()


# -- failures ---------------------------------------------------------------------------------------------------------


async def test_each_attempt_is_logged_until_the_mail_is_taken(shop: Shop) -> None:
    await registered(shop)
    await shop.happen(preferences())
    await shop.happen(order("confirmed"))
    shop.post.replies = ["451 try later", "451 try later"]
    for _ in range(3):
        await shop.deliver()
        await shop.let_time_pass()
    assert len(shop.post.mails) == 1
    assert await rows() == [("email", "sent", 3), ("in_app", "sent", 0)]
    assert await log() == [
        ("failed", "the mail server refused: 451", False),
        ("failed", "the mail server refused: 451", False),
        ("sent", None, True),
    ]


async def test_what_the_channel_never_takes_is_a_dead_letter_at_once_and_can_be_retried(shop: Shop) -> None:
    await registered(shop)
    await shop.happen(preferences())
    await shop.happen(order("confirmed"))
    shop.post.refused = {"ann@example.com": "550 no such mailbox"}
    await shop.deliver()
    assert await rows() == [("email", "failed", 1), ("in_app", "sent", 0)]
    letters = "{ deadLetters { eventId eventType error attempts } }"
    (letter,) = (await shop.client.query(letters, scopes=["ops:read"]))["deadLetters"]
    assert letter["eventType"] == "delivery.email"
    assert "550" in letter["error"]
    await shop.let_time_pass()
    assert await shop.deliver() == 0
    shop.post.refused = {}
    retry = "mutation($id: ID!) { retryDeadLetter(eventId: $id) { count errors { code } } }"
    done = await shop.client.query(retry, {"id": letter["eventId"]}, scopes=["ops:write"])
    assert done["retryDeadLetter"] == {"count": 1, "errors": []}
    await shop.deliver()
    assert len(shop.post.mails) == 1
    assert (await shop.client.query(letters, scopes=["ops:read"]))["deadLetters"] == []


async def test_after_its_last_attempt_a_delivery_is_dead(shop: Shop) -> None:
    await registered(shop)
    await shop.happen(preferences())
    await shop.happen(order("confirmed"))
    shop.post.replies = ["451 try later"] * 50
    for _ in range(MAX_ATTEMPTS + 2):
        await shop.deliver()
        await shop.let_time_pass()
    assert await rows() == [("email", "failed", MAX_ATTEMPTS), ("in_app", "sent", 0)]
    assert len(await log()) == MAX_ATTEMPTS
    assert await DB.fetch_value("SELECT attempts FROM dead_letters") == MAX_ATTEMPTS


def test_pauses_grow_to_an_hour() -> None:
    assert [pause_after(n).total_seconds() for n in (1, 2, 3, 4, 5, 6, 60)] == [10, 40, 160, 640, 2560, 3600, 3600]


async def test_an_attempt_whose_process_died_is_made_again_after_its_lease(shop: Shop) -> None:
    await registered(shop)
    await shop.happen(preferences())
    await shop.happen(order("confirmed"))
    (lost,) = await deliveries.claim_due([Channel.EMAIL], 10)
    assert await shop.deliver() == 0, "it is leased to the one who died"
    await shop.let_time_pass()
    assert await shop.deliver() == 1
    assert [mail["Message-ID"] for mail in shop.post.mails] == [f"<{lost.id}@example.com>"]
    assert [status for status, _, _ in await log()] == ["pending", "sent"]


@pytest.mark.parametrize("deaths", [(1,), (4,), (1, 1, 2), (12, 3)])
async def test_after_a_death_one_mail_at_most_comes_again(shop: Shop, deaths: tuple[int, ...]) -> None:
    """The worker dies after so many mails that the server has taken: the last of them is not recorded."""
    await registered(shop)
    await shop.happen(preferences())
    for _ in range(15):
        await shop.happen(order("confirmed"))
    for death in deaths:
        await _die_after(shop, death)
    await shop.let_time_pass()
    await shop.deliver()
    ids = [mail["Message-ID"] for mail in shop.post.mails]
    assert len(set(ids)) == 15
    assert len(ids) == 15 + len(deaths)


async def _die_after(shop: Shop, taken: int) -> None:
    """Run the worker until the server has taken so many mails; nothing that it does afterwards happens."""
    died = asyncio.Event()
    record = deliveries.record_success

    def reach(name: str) -> None:
        nonlocal taken
        assert name == "delivery.sent_unrecorded"
        taken -= 1
        if taken <= 0:
            died.set()

    async def record_alive(due: deliveries.Due) -> None:
        if died.is_set():
            await asyncio.Event().wait()
        await record(due)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "fault_point", reach)
        patch.setattr(deliveries, "record_success", record_alive)
        worker = asyncio.create_task(deliver_mails(shop.client.room))
        async with asyncio.timeout(60):
            await died.wait()
        worker.cancel()
        await asyncio.wait({worker})


async def test_mails_are_prepared_side_by_side_and_handed_over_one_by_one(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await registered(shop)
    await shop.happen(preferences())
    for _ in range(8):
        await shop.happen(order("confirmed"))
    record, all_known = deliveries.record_success, asyncio.Event()
    announced, in_doubt, most = 0, 0, 0

    async def announce() -> None:
        nonlocal announced
        announced += 1
        if announced == MAILS.at_once:
            all_known.set()

    async def take() -> None:
        nonlocal in_doubt, most
        async with asyncio.timeout(30):
            await all_known.wait()
        in_doubt += 1
        most = max(most, in_doubt)
        await asyncio.sleep(0.01)

    async def recorded(due: deliveries.Due) -> None:
        nonlocal in_doubt
        await record(due)
        in_doubt -= 1

    shop.post.on_receiver, shop.post.on_mail = announce, take
    monkeypatch.setattr(deliveries, "record_success", recorded)
    assert await shop.deliver() == 8
    assert (len(shop.post.mails), most) == (8, 1)


async def test_a_mail_whose_lease_ended_before_its_turn_is_not_sent(shop: Shop) -> None:
    await registered(shop)
    await shop.happen(preferences())
    await shop.happen(order("confirmed"))
    begun: list[deliveries.Due] = []

    async def take_over() -> None:
        await shop.let_time_pass()
        begun.extend(await deliveries.claim_due([Channel.EMAIL], 10))

    shop.post.on_receiver = take_over
    assert await deliver_due(shop.client.room, MAILS) == 1
    assert shop.post.mails == []
    assert [due.attempt for due in begun] == [2]
    assert await log() == [("failed", "its lease ended before its turn came", False), ("pending", None, False)]
    shop.post.on_receiver = None
    assert await shop.deliver() == 0, "it is leased to the other"
    await shop.let_time_pass()
    assert await shop.deliver() == 1
    assert len(shop.post.mails) == 1


async def test_a_last_attempt_that_lost_its_lease_buries_nothing(shop: Shop) -> None:
    await registered(shop)
    await shop.happen(preferences())
    await shop.happen(order("confirmed"))
    await DB.execute("UPDATE notifications SET attempts = $1 WHERE type = 'email'", MAX_ATTEMPTS - 1)

    async def take_over() -> None:
        await shop.let_time_pass()
        assert await deliver_due(shop.client.room, MAILS) == 1

    shop.post.on_receiver = take_over
    assert await deliver_due(shop.client.room, MAILS) == 1
    assert shop.post.mails == []
    assert await DB.fetch_value("SELECT error FROM dead_letters") == "its last attempt was begun and never settled"


async def test_many_workers_send_each_message_once(shop: Shop) -> None:
    await registered(shop)
    await shop.happen(preferences())
    for _ in range(30):
        await shop.happen(order("confirmed"))
    await asyncio.gather(*(shop.deliver() for _ in range(4)))
    assert len({mail["Message-ID"] for mail in shop.post.mails}) == len(shop.post.mails) == 30


async def test_without_a_mail_server_no_mail_is_written(start_room: StartRoom, redis_url: str) -> None:
    async with start_room("notification", create_app, redis=redis_url) as client:
        event = order("confirmed")
        await apply_once(client.room, "notification", event, HANDLERS[event.type])
        assert await rows() == [("in_app", "sent", 0)]


# -- one-time links ---------------------------------------------------------------------------------------------------


async def test_a_mailed_link_works_and_is_stored_nowhere(
    start_room: StartRoom,
    post_office: PostOffice,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From the request through auth's outbox and the mail back to auth, with both services as they are."""
    monkeypatch.setattr(auth_app, "Passwords", lambda: Passwords(time_cost=1, memory_kib=64))
    key, secret = tmp_path / "key.pem", tmp_path / "secret"
    key.write_bytes(generate_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    secret.write_text("a secret of enough bytes for one-time links")
    auth_settings = {"AUTH_TOKEN_KEY": str(key), "AUTH_LINK_SECRET": str(secret), "AUTH_SHOP_URL": "https://shop.test"}
    async with (
        start_room("auth", auth_app.create_app, redis=redis_url, variables=auth_settings) as auth,
        start_room(
            "notification",
            create_app,
            redis=redis_url,
            variables=post_office.settings(),
            peers={"auth": auth.app},
        ) as client,
    ):
        shop = Shop(client, post_office, Gateway())
        person = {"email": "ann@example.com", "password": "correct horse", "firstName": "Ann", "lastName": "Lee"}
        register = "mutation($i: RegisterInput!) { register(input: $i) { errors { code } } }"
        await auth.query(register, {"i": person})
        await auth.query('mutation { requestPasswordReset(email: "ann@example.com") { ok } }')
        for row in await AUTH_DB.fetch("SELECT type, payload FROM outbox ORDER BY id"):
            await shop.happen(Event(row["type"], "user:x", row["payload"]))
        await shop.deliver()
        mails = {mail["Subject"]: mail.get_body(("plain",)) for mail in post_office.mails}
        body = mails["Set a new password"]
        assert body is not None
        text = body.get_content()
        assert "Set a new password: https://shop.test/reset-password#token=stoa_r_" in text
        token = text.partition("#token=")[2].split()[0]
        stored = await DB.fetch("SELECT message FROM notifications")
        assert not any(token in row["message"] for row in stored)
        reset = 'mutation($t: String!) { resetPassword(token: $t, newPassword: "a new password") { errors { code } } }'
        assert (await auth.query(reset, {"t": token}))["resetPassword"]["errors"] == []

        await auth.query('mutation { requestPasswordReset(email: "ann@example.com") { ok } }')
        (row,) = await AUTH_DB.fetch(
            "SELECT type, payload FROM outbox WHERE type LIKE '%reset%' ORDER BY id DESC LIMIT 1"
        )
        await shop.happen(Event(row["type"], "user:x", row["payload"]))
        await AUTH_DB.execute("UPDATE password_reset_tokens SET expires_at = now()")
        count = len(post_office.mails)
        await shop.deliver()
        assert len(post_office.mails) == count, "a link that no longer works is not mailed"
        assert "too old" in await DB.fetch_value("SELECT error FROM dead_letters")


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("<p>a</p><p>b<br>c</p>", "a\n\nb\nc\n"),
        ('<a href="https://x.test/?a=1&amp;b=2">go</a> now', "go: https://x.test/?a=1&b=2 now\n"),
        ("a &lt;b&gt; &amp; c", "a <b> & c\n"),
        ("", "\n"),
    ],
)
def test_the_text_of_a_mail_says_what_its_html_says(fragment: str, text: str) -> None:
    assert plain_text(fragment) == text
