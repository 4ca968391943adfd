"""A room under load stops at once, whatever its relay and consumer are in the middle of."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from subgraphs.kernel.events import Event
from subgraphs.kernel.outbox import write_events
from subgraphs.notification.app import create_app
from subgraphs.notification.tables import DB
from tests.fixtures.rooms import StartRoom


async def test_a_busy_room_stops_at_any_moment(start_room: StartRoom, redis_url: str) -> None:
    """Libraries may lose a cancellation that comes together with an answer; stopping must not depend on luck."""
    payload: dict[str, Any] = {"user_id": str(uuid4()), "order_number": "1", "total": "1", "currency": "EUR"}
    for moment in range(40):
        async with (
            asyncio.timeout(15),
            start_room("notification", create_app, redis=redis_url, background=True) as room,
        ):
            await asyncio.sleep(moment % 10 * 0.002)
            async with DB.transaction():
                await write_events(DB, *(Event("order.confirmed", f"order:{n}", payload) for n in range(3)))
            redis: Any = room.room.redis
            await redis.xadd("events:order", {"event": b"{}"})
            await asyncio.sleep(moment // 10 * 0.003)
        assert DB.pool is None
