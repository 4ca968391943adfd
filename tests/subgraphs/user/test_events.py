"""A registration told by auth's stream, as often as it likes: one profile, one message onwards (D48, S-021)."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import orjson
from redis.asyncio import Redis

from subgraphs.kernel.events import Event, stream_name
from subgraphs.user.app import create_app
from subgraphs.user.tables import DB
from tests.fixtures.rooms import StartRoom


async def test_a_registration_delivered_five_times_makes_one_profile_within_a_second_or_so(
    start_room: StartRoom, redis_url: str
) -> None:
    user_id = uuid4()
    facts = {"user_id": str(user_id), "first_name": "Ada", "last_name": "Lovelace", "locale": "no such language!"}
    event = orjson.dumps(Event("user.registered", f"user:{user_id}", facts).to_json())
    poison = orjson.dumps(Event("user.registered", "user:?", {"user_id": "?"}).to_json())
    async with (
        Redis.from_url(redis_url) as redis,
        start_room("user", create_app, redis=redis_url, background=True) as room,
    ):
        await redis.xadd(stream_name("auth"), {"event": event})
        await redis.xadd(stream_name("auth"), {"event": poison})
        for _ in range(4):
            await redis.xadd(stream_name("auth"), {"event": event})
        query = f'{{ publicProfile(id: "{user_id}") {{ displayName }} }}'
        async with asyncio.timeout(20):
            while (await room.query(query))["publicProfile"] is None:
                await asyncio.sleep(0.02)
            while not await redis.xlen(stream_name("user")):
                await asyncio.sleep(0.02)
            while (await redis.xpending(stream_name("auth"), "user"))["pending"]:
                await asyncio.sleep(0.05)
        assert await DB.fetch_value("SELECT count(*) FROM user_profiles") == 1
        assert await DB.fetch_value("SELECT language FROM user_preferences") == "en"
        assert await DB.fetch_value("SELECT count(*) FROM outbox WHERE type = 'preferences.updated'") == 1
        assert await DB.fetch_value("SELECT count(*) FROM dead_letters") == 1
