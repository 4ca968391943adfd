"""Nothing that is told while its person is erased outlives the erasure, whichever of the two is first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from subgraphs.kernel.events import Event, Handler
from subgraphs.notification.app import create_app
from subgraphs.notification.events import on_erased, on_order
from subgraphs.notification.repository.recipients import hold_people
from subgraphs.notification.tables import DB
from tests.fixtures.rooms import RoomClient, StartRoom

_WAITING = """
SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE d.datname = current_database() AND NOT l.granted
"""


@pytest.fixture
async def client(start_room: StartRoom, redis_url: str) -> AsyncIterator[RoomClient]:
    async with start_room("notification", create_app, redis=redis_url) as started:
        yield started


def placed(user: UUID) -> Event:
    order = str(uuid4())
    facts = {"user_id": str(user), "order_id": order, "order_number": "ORD-7", "total": "49.90", "currency": "EUR"}
    return Event("order.confirmed", f"order:{order}", {**facts, "contact_email": "a@example.com"})


def erased(user: UUID) -> Event:
    return Event("user.erased", f"user:{user}", {"user_id": str(user)}, version=5)


async def waiting(count: int) -> None:
    """Until so many sessions of this database wait for a lock of another."""
    while await DB.fetch_value(_WAITING) < count:  # noqa: ASYNC110 - locks of other sessions
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("first", [on_order, on_erased], ids=["told first", "erased first"])
async def test_nothing_outlives_an_erasure_beside_it(client: RoomClient, first: Handler, known: bool) -> None:
    user = uuid4()
    if known:
        await DB.execute("INSERT INTO recipients (user_id, email) VALUES ($1, 'a@example.com')", user)
    events = {on_order: placed(user), on_erased: erased(user)}
    second = on_erased if first is on_order else on_order
    handled, commit = asyncio.Event(), asyncio.Event()

    async def early() -> None:
        async with DB.transaction():
            await first(events[first], client.room)
            handled.set()
            await commit.wait()

    async def late() -> None:
        async with DB.transaction():
            await second(events[second], client.room)

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(early())
        await handled.wait()
        beside = tasks.create_task(late())
        while not beside.done() and not await DB.fetch_value(_WAITING):  # noqa: ASYNC110 - another session's lock
            await asyncio.sleep(0.01)
        commit.set()
    assert await DB.fetch_value("SELECT count(*) FROM notifications WHERE user_id = $1", user) == 0
    assert await DB.fetch_value("SELECT count(*) FROM order_contacts WHERE user_id = $1", user) == 0


@pytest.mark.parametrize("erasing", [False, True], ids=["telling", "erasing"])
@pytest.mark.usefixtures("client")
async def test_who_holds_the_same_people_does_so_in_one_order(erasing: bool) -> None:
    """Those named first and last by either are wanted by both, who meet at the one between them."""
    first, between, last = sorted(uuid4() for _ in range(3))
    held, let_go = asyncio.Event(), asyncio.Event()

    async def holding(*people: UUID, alone: bool) -> None:
        async with DB.transaction():
            await hold_people(*people, erasing=alone)

    async def in_the_way() -> None:
        async with DB.transaction():
            await hold_people(between, erasing=True)
            held.set()
            await let_go.wait()

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(in_the_way())
        await held.wait()
        tasks.create_task(holding(first, between, last, alone=erasing))
        await waiting(1)
        tasks.create_task(holding(last, between, first, alone=erasing))
        await waiting(2)
        async with DB.transaction():
            await hold_people(last, erasing=True)  # neither has it yet
        let_go.set()
