"""Messages leave the shop: who is told of what, by mail, text and push, as preferred, and with which words."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from subgraphs.auth import app as auth_app
from subgraphs.auth.passwords import Passwords
from subgraphs.auth.tables import DB as AUTH_DB
from subgraphs.kernel.consumer import apply_once
from subgraphs.kernel.database import StatementLog, statement_log
from subgraphs.kernel.events import Event
from subgraphs.kernel.identity import generate_key
from subgraphs.notification.announcements import ANNOUNCEMENTS
from subgraphs.notification.app import create_app
from subgraphs.notification.events import HANDLERS
from subgraphs.notification.mail import plain_text
from subgraphs.notification.tables import DB
from tests.fixtures.rooms import StartRoom
from tests.subgraphs.notification.conftest import Gateway, PostOffice
from tests.subgraphs.notification.telling import ALICE, Shop, order, preferences, registered, rows, shop, told

__all__ = ["shop"]

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


async def test_many_staff_are_held_and_looked_up_at_once(shop: Shop) -> None:
    statements = []
    for _ in range(3):
        await DB.execute("INSERT INTO recipients (user_id, role) VALUES (gen_random_uuid(), 'ADMIN')")
        low = Event(
            "stock.low", f"product:{uuid4()}", {"product_id": str(uuid4()), "sku": "A", "name": "B", "stock": 3}
        )
        token = statement_log.set(log := StatementLog())
        await shop.happen(low)
        statement_log.reset(token)
        statements.append(len(log))
    template_inbox_and_event = 3
    assert [more - fewer for fewer, more in pairwise(statements)] == [template_inbox_and_event] * 2
    assert await DB.fetch_value("SELECT count(*) FROM notifications") == 1 + 2 + 3


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
