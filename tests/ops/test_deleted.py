"""What was deleted softly can be found and brought back, under the rules of live rows (D07, S-112)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner

from ops.cli import main
from ops.deleted import RestoreError, restore
from subgraphs.kernel.acting import acting_as
from subgraphs.kernel.database import Database
from subgraphs.kernel.settings import DatabaseSettings
from tests.fixtures.databases import RoomDatabases

DB = Database("auth")


@pytest.fixture
async def database(room_database: RoomDatabases) -> AsyncIterator[Database]:
    async with DB.opened(room_database("auth")) as opened:
        yield opened


async def add(database: Database, email: str) -> UUID:
    row: UUID = await database.fetch_value(
        "INSERT INTO users (email, password_hash) VALUES ($1, 'h') RETURNING id", email
    )
    return row


async def delete(database: Database, user: UUID) -> None:
    await database.execute("UPDATE users SET deleted_at = now() WHERE id = $1", user)


async def test_a_row_comes_back_and_the_trail_says_by_what(database: Database) -> None:
    user = await add(database, "a@example.com")
    await delete(database, user)
    await restore(database, "users", user)
    assert await database.fetch_value("SELECT deleted_at FROM users WHERE id = $1", user) is None
    last = await database.fetch_row("SELECT action, request_id FROM audit_log ORDER BY created_at DESC LIMIT 1")
    assert tuple(last) == ("update", "stoa deleted restore")


async def test_what_cannot_come_back_says_why(database: Database) -> None:
    old = await add(database, "a@example.com")
    await delete(database, old)
    await add(database, "A@example.com")
    with pytest.raises(RestoreError, match=r"taken its place \(idx_users_email\)"):
        await restore(database, "users", old)
    with pytest.raises(RestoreError, match="no deleted row"):
        await restore(database, "users", uuid4())
    for table in ("sessions", "nothing", "users; DROP TABLE users"):
        with pytest.raises(RestoreError, match="no table of auth"):
            await restore(database, table, old)


async def test_an_erased_person_stays_erased(database: Database) -> None:
    user = await add(database, "a@example.com")
    await delete(database, user)
    await database.execute("INSERT INTO erasures (user_id, pending, next_run_at) VALUES ($1, '{}', now())", user)
    with pytest.raises(RestoreError, match="erased"):
        await restore(database, "users", user)


async def test_from_the_command_line(database: Database, room_database: RoomDatabases) -> None:
    user, clerk = await add(database, "a@example.com"), uuid4()
    with acting_as(clerk, "request"):
        await delete(database, user)
    settings: DatabaseSettings = room_database("auth")
    environ = {
        "REDIS_URL": "unix:///not/asked",
        "DATABASE_HOST": settings.host,
        "AUTH_DATABASE_PORT": str(settings.port),
        "AUTH_DATABASE_NAME": settings.name,
        "AUTH_DATABASE_USER": settings.user,
        "AUTH_DATABASE_PASSWORD": settings.password,
    }
    run = CliRunner(env=environ)

    def stoa(*arguments: str) -> str:
        return run.invoke(main, ["deleted", *arguments], catch_exceptions=False).output

    listed = await asyncio.to_thread(stoa, "list", "auth")
    assert str(user) in listed
    assert str(clerk) in listed
    assert "is live again" in await asyncio.to_thread(stoa, "restore", "auth", "users", str(user))
    assert "nothing is deleted" in await asyncio.to_thread(stoa, "list", "auth")
    assert "no deleted row" in await asyncio.to_thread(stoa, "restore", "auth", "users", str(user))
