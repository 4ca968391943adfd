"""user as the router meets it: a started room, and people who have registered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from subgraphs.kernel.consumer import apply_once
from subgraphs.kernel.events import Event
from subgraphs.user.app import create_app
from subgraphs.user.events import on_registered
from tests.fixtures.rooms import RoomClient, StartRoom

Person = Callable[..., Awaitable[UUID]]


@pytest.fixture
async def user(start_room: StartRoom) -> AsyncIterator[RoomClient]:
    """user on a fresh database."""
    async with start_room("user", create_app) as room:
        yield room


@pytest.fixture
def person(user: RoomClient) -> Person:
    """``await person("Ada", "Lovelace")``: somebody whose registration has arrived."""

    async def register(first_name: str = "Ada", last_name: str = "Lovelace", locale: str | None = None) -> UUID:
        user_id = uuid4()
        facts = {"user_id": str(user_id), "first_name": first_name, "last_name": last_name, "locale": locale}
        event = Event("user.registered", f"user:{user_id}", facts)
        assert await apply_once(user.room, "user", event, on_registered)
        return user_id

    return register
