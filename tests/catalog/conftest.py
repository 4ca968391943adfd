"""The schema of each room, as its migrations leave it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from subgraphs.kernel.settings import ROOMS
from tests.fixtures.databases import RoomDatabases


@pytest.fixture(params=ROOMS)
async def room(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def connection(room: str, room_database: RoomDatabases) -> AsyncIterator[Any]:
    opened = await asyncpg.connect(**room_database(room).connect_arguments())
    yield opened
    await opened.close()
