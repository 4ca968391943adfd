"""Registrations told by auth's stream, as often as it likes: one profile, one message onwards (D48, S-021)."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import orjson
from redis.asyncio import Redis

from subgraphs.kernel.consumer import Consumer
from subgraphs.kernel.events import Event, stream_name
from subgraphs.kernel.metrics import RoomMetrics
from subgraphs.user.app import ROOM, create_app
from subgraphs.user.tables import DB
from tests.fixtures.rooms import StartRoom


def _registered(user_id: object, **over: object) -> bytes:
    facts = {"user_id": str(user_id), "first_name": "Ada", "last_name": "Lovelace", "locale": "pt-BR", **over}
    return orjson.dumps(Event("user.registered", f"user:{user_id}", facts).to_json())


async def test_a_running_room_gives_a_new_account_its_profile_and_tells_of_its_preferences(
    start_room: StartRoom, redis_url: str
) -> None:
    user_id = uuid4()
    async with (
        Redis.from_url(redis_url) as redis,
        start_room("user", create_app, redis=redis_url, background=True) as room,
    ):
        await redis.xadd(stream_name("auth"), {"event": _registered(user_id)})
        async with asyncio.timeout(20):
            told = await redis.xread({stream_name("user"): "0"}, block=20_000)
        event = orjson.loads(told[0][1][0][1][b"event"])
        assert (event["type"], event["payload"]["language"]) == ("preferences.updated", "pt-BR")
        found = await room.query(f'{{ publicProfile(id: "{user_id}") {{ displayName }} }}')
        assert found["publicProfile"] == {"displayName": "Ada L."}


async def test_repetitions_have_no_effect_and_poison_does_not_stop_the_stream(
    start_room: StartRoom, redis_url: str
) -> None:
    user_id = uuid4()
    event = _registered(user_id, locale="no such language!")
    async with Redis.from_url(redis_url) as redis, start_room("user", create_app, redis=redis_url) as room:
        for entry in (event, _registered("poison"), event, event, event):
            await redis.xadd(stream_name("auth"), {"event": entry})
        consumer = Consumer(room.room, ROOM.listens, RoomMetrics("user"))
        await consumer.create_groups()
        assert await consumer.step(1000) == 5
        assert (await redis.xpending(stream_name("auth"), "user"))["pending"] == 0
        assert await DB.fetch_value("SELECT count(*) FROM user_profiles") == 1
        assert await DB.fetch_value("SELECT language FROM user_preferences") == "en"
        assert await DB.fetch_value("SELECT count(*) FROM outbox WHERE type = 'preferences.updated'") == 1
        assert await DB.fetch_value("SELECT count(*) FROM dead_letters") == 1
