"""Each message leaves once: again after failures and deaths, under a lease, or into dead letters in the end."""

from __future__ import annotations

import asyncio

import pytest

from subgraphs.notification import delivery
from subgraphs.notification.channels import MAX_ATTEMPTS, pause_after
from subgraphs.notification.delivery import MAILS, deliver_due, deliver_mails
from subgraphs.notification.domain import Channel
from subgraphs.notification.repository import deliveries
from subgraphs.notification.tables import DB
from tests.subgraphs.notification.telling import Shop, log, order, preferences, registered, rows, shop

__all__ = ["shop"]


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
