"""``notificationReceived``: what is put into the caller's inbox, when it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import orjson
import pytest

from subgraphs.kernel.events import Event, stream_name
from subgraphs.notification import app
from tests.fixtures.rooms import RoomClient, StartRoom
from tests.subgraphs import streams
from tests.subgraphs.streams import following

QUERY = "subscription { notificationReceived { title category status order { id } } }"


@pytest.fixture
async def room(start_room: StartRoom, redis_url: str) -> AsyncIterator[RoomClient]:
    async with streams.live(start_room, "notification", app, redis_url) as client:
        yield client


async def confirm(room: RoomClient, user: UUID, times: int = 1) -> str:
    order = str(uuid4())
    payload = {"user_id": str(user), "order_id": order, "order_number": "ORD-7", "total": "49.90", "currency": "EUR"}
    event = Event("order.confirmed", f"order:{order}", payload)
    assert room.room.redis is not None
    for _ in range(times):
        await room.room.redis.xadd(stream_name("order"), {"event": orjson.dumps(event.to_json())})
    return order


async def test_each_notification_of_the_caller_is_told_once(room: RoomClient) -> None:
    user, other = uuid4(), uuid4()
    async with (
        following(room, QUERY, as_user=user) as events,
        following(room, QUERY, as_user=user) as twice,
        following(room, QUERY, as_user=other) as others,
    ):
        for _ in range(2):
            order = await confirm(room, user, times=3)
            for listener in (events, twice):
                told = (await listener.next())["notificationReceived"]
                assert told["order"] == {"id": order}
                assert (told["category"], told["status"]) == ("order_update", "UNREAD")
        theirs = await confirm(room, other)
        assert (await others.next())["notificationReceived"]["order"] == {"id": theirs}


async def test_nobody_in_particular_has_no_inbox(room: RoomClient) -> None:
    async with following(room, QUERY) as events:
        assert await events.refusal() == "UNAUTHENTICATED"
