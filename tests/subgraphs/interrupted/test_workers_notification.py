"""Deliveries, interrupted at every call: each message leaves the shop, and twice only as one and the same (S-111)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from subgraphs.kernel.app import Worker
from subgraphs.notification.app import create_app
from subgraphs.notification.channels import Channels, Outgoing, Undeliverable
from subgraphs.notification.delivery import deliver_mails, deliver_texts
from subgraphs.notification.domain import Channel
from subgraphs.notification.tables import DB
from tests.fixtures.rooms import StartRoom
from tests.subgraphs.interrupted.ledger import Ledger
from tests.subgraphs.interrupted.stepping import Step
from tests.subgraphs.interrupted.work import Names, Works
from tests.subgraphs.interrupted.working import working

pytestmark = pytest.mark.usefixtures("breakable_stores")

STEPS = "no transaction spans a channel: an attempt is written down, made, and its outcome written down"
LOG = "SELECT status FROM notification_logs WHERE notification_id = $1 ORDER BY created_at, id"


class Taking:
    """A channel that takes everything, but from nobody named so."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()

    async def send(self, outgoing: Outgoing, handing_over: Callable[[], Awaitable[None]]) -> None:
        if outgoing.title == "refused":
            raise Undeliverable("no")
        await handing_over()
        self.taken[str(outgoing.id)] += 1

    async def aclose(self) -> None:
        """Nothing is held open."""


class Sorting:
    """A room with channels that take everything."""

    def __init__(self, start_room: StartRoom, step: Step) -> None:
        self._start_room = start_room
        self._step = step
        self.channel = Taking()

    async def try_worker(self, worker: Worker, channels: tuple[Channel, ...]) -> None:
        def due(title: str) -> Any:
            async def prepare() -> Names:
                who = uuid4()
                await DB.execute(
                    "INSERT INTO recipients (user_id, email, phone) VALUES ($1, 'a@x.io', '+15550100')", who
                )
                ids = [await _due(who, channel, title) for channel in channels]
                return {str(who): "who"} | {str(message): "message" for message in ids}

            return prepare

        works = Works(Ledger([DB], without=["notification_logs"]))
        async with self._start_room("notification", create_app) as client:
            client.room.resources = Channels(dict.fromkeys(Channel, self.channel))
            async with working(self._step, worker, client.room, _let_leases_end) as at_work:
                for title, ends in (("fine", self.sent), ("refused", self.refused)):
                    work = at_work.work(due(title), title, steps=STEPS, ignored=["attempts"], ends=ends)
                    await works.one(title, work)
        works.judge()

    async def sent(self, names: Names) -> None:
        """Once, or again under its id after an attempt of which nobody knows the outcome."""
        for message in (key for key, name in names.items() if name == "message"):
            log = [row["status"] for row in await DB.fetch(LOG, UUID(message))]
            assert log[-1] == "sent", log
            assert set(log[:-1]) <= {"pending"}, log
            assert 1 <= self.channel.taken[message] <= len(log)

    async def refused(self, names: Names) -> None:
        for message in (key for key, name in names.items() if name == "message"):
            log = [row["status"] for row in await DB.fetch(LOG, UUID(message))]
            assert log[-1] == "failed", log
            assert set(log[:-1]) <= {"pending", "failed"}, log
            assert self.channel.taken[message] == 0


async def _due(who: UUID, channel: Channel, title: str) -> UUID:
    message: UUID = await DB.fetch_value(
        "INSERT INTO notifications (user_id, type, category, title, message, delivery_status, next_attempt_at) "
        "VALUES ($1, $2, 'order_update', $3, 'm', 'pending', now()) RETURNING id",
        who,
        channel.value,
        title,
    )
    return message


async def _let_leases_end() -> None:
    await DB.execute("UPDATE notifications SET next_attempt_at = now() WHERE delivery_status = 'pending'")


async def test_deliver_mails(start_room: StartRoom, step: Step) -> None:
    await Sorting(start_room, step).try_worker(deliver_mails, (Channel.EMAIL,))


async def test_deliver_texts(start_room: StartRoom, step: Step) -> None:
    await Sorting(start_room, step).try_worker(deliver_texts, (Channel.SMS, Channel.PUSH))
