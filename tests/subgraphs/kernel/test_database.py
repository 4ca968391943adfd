"""The engine on a real server: limits, parameters, transactions, statement counts (S-079 to S-083, D32)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import asyncpg
import pytest
from piccolo.columns import Integer, Varchar
from piccolo.table import Table

from subgraphs.kernel.database import Database, StatementLog, has_ended, statement_log
from subgraphs.kernel.refusals import Unavailable
from tests.fixtures.databases import Databases, RoomDatabases

DB = Database("auth")


class Thing(Table, db=DB, tablename="thing"):
    id = Integer(primary_key=True)
    name = Varchar()


@pytest.fixture
async def database(room_database: RoomDatabases, databases: Databases) -> AsyncIterator[Database]:
    settings = databases.empty("auth")
    async with DB.opened(replace(settings, acquire_timeout=0.05, pool_min=3, pool_max=3)) as opened:
        await opened.execute("CREATE TABLE thing (id int PRIMARY KEY, name text, data jsonb)")
        yield opened
    databases.drop(settings)


async def test_sessions_have_the_documented_limits(database: Database) -> None:
    shown = {
        name: await database.fetch_value(f"SHOW {name}")
        for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "timezone")
    }
    assert shown == {
        "statement_timeout": "30s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "30s",
        "timezone": "UTC",
    }
    assert await database.fetch_value("SHOW application_name") == "stoa-test"


async def test_arrays_and_json_travel_both_ways(database: Database) -> None:
    ids = [uuid4(), uuid4()]
    rows = await database.fetch("SELECT * FROM unnest($1::uuid[]) AS id", ids)
    assert [row["id"] for row in rows] == ids
    await database.execute("INSERT INTO thing VALUES (1, 'a', $1), (2, 'b', $2)", {"k": [1]}, '{"text": true}')
    values = [row["data"] for row in await database.fetch("SELECT data FROM thing ORDER BY id")]
    assert values == [{"k": [1]}, {"text": True}]


async def test_execute_answers_how_many_rows(database: Database) -> None:
    await database.execute_many("INSERT INTO thing VALUES ($1, $2)", [(1, "a"), (2, "b")])
    assert await database.execute("UPDATE thing SET name = 'c'") == 2
    assert (await database.fetch_row("SELECT name FROM thing WHERE id = 1"))["name"] == "c"
    assert await database.fetch_row("SELECT 1 FROM thing WHERE id = 9") is None


async def test_piccolo_queries_share_the_transaction(database: Database) -> None:
    async def insert_and_fail() -> None:
        async with database.transaction():
            await Thing.insert(Thing(id=1, name="a")).run()
            assert await database.fetch_value("SELECT count(*) FROM thing") == 1
            raise RuntimeError("undo")

    with pytest.raises(RuntimeError, match="undo"):
        await insert_and_fail()
    assert await Thing.count().run() == 0
    async with database.transaction(), database.transaction():
        await Thing.insert(Thing(id=2, name="b")).run()
    assert await Thing.count().run() == 1


async def test_concurrent_statements_in_a_transaction_take_turns(database: Database) -> None:
    async with database.transaction():
        values = await asyncio.gather(*(database.fetch_value("SELECT $1::int", n) for n in range(20)))
    assert values == list(range(20))


async def test_begin_and_commit_are_not_counted(database: Database) -> None:
    log = StatementLog()
    token = statement_log.set(log)
    try:
        async with database.transaction():
            await asyncio.gather(database.fetch("SELECT 1"), database.fetch("SELECT 2"))
            await Thing.select().run()
    finally:
        statement_log.reset(token)
    assert len(log) == 3


async def test_waiting_for_a_connection_ends(database: Database) -> None:
    held = [await database.acquire() for _ in range(3)]
    with pytest.raises(Unavailable):
        await database.fetch("SELECT 1")
    with pytest.raises(Unavailable):
        async with database.transaction():
            pass
    for connection in held:
        await database.release(connection)
    assert await database.fetch_value("SELECT 1") == 1


async def test_a_lost_server_is_unavailable_and_comes_back(database: Database, databases: Databases) -> None:
    name = await database.fetch_value("SELECT current_database()")

    async def lose_the_server() -> None:
        async with database.transaction():
            databases.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            await database.fetch("SELECT 1")

    with pytest.raises(Unavailable):
        await lose_the_server()
    await asyncio.sleep(0.05)  # the loop hears that the idle connections are gone
    assert await database.fetch_value("SELECT 1") == 1


async def test_a_server_lost_between_two_statements_is_unavailable(database: Database, databases: Databases) -> None:
    name = await database.fetch_value("SELECT current_database()")

    async def lose_the_server() -> None:
        async with database.transaction() as transaction:
            databases.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            while not has_ended(transaction.connection):  # noqa: ASYNC110 - nothing tells when
                await asyncio.sleep(0.01)
            await database.fetch("SELECT 1")

    with pytest.raises(Unavailable):
        await lose_the_server()
    assert await database.fetch_value("SELECT 1") == 1


async def test_a_server_lost_after_the_answer_takes_nothing_back(database: Database, databases: Databases) -> None:
    name = await database.fetch_value("SELECT current_database()")
    connection = await database.acquire()
    databases.run(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'")
    await database.release(connection)
    assert await database.fetch_value("SELECT 1") == 1


async def test_closing_waits_for_running_statements_and_no_longer(database: Database) -> None:
    running = asyncio.create_task(database.fetch_value("SELECT 1 FROM pg_sleep(0.3)"))
    while database.pool.get_size() == database.pool.get_idle_size():  # noqa: ASYNC110 - nothing tells when
        await asyncio.sleep(0.01)
    async with asyncio.timeout(60):
        await database.close(timeout=600)
    assert await running == 1


async def test_a_wrong_value_is_not_an_outage(database: Database) -> None:
    with pytest.raises(asyncpg.DataError):
        await database.fetch("SELECT $1::int", "one")


async def test_statements_end_at_their_timeout(databases: Databases) -> None:
    settings = databases.empty("auth")
    async with Database("auth").opened(replace(settings, statement_timeout_ms=50)) as short:
        with pytest.raises(asyncpg.QueryCanceledError):
            await short.fetch("SELECT pg_sleep(5)")
    databases.drop(settings)


async def test_one_engine_serves_several_databases_in_turn(databases: Databases) -> None:
    first, second = databases.empty("auth"), databases.empty("auth")
    for settings in (first, second):
        async with DB.opened(settings) as opened:
            assert await opened.fetch_value("SELECT current_database()") == settings.name
    with pytest.raises(Unavailable):
        await DB.fetch("SELECT 1")
    databases.drop(first)
    databases.drop(second)


async def test_an_absent_server_is_unavailable(databases: Databases) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        await Database("auth").open(replace(databases.settings("x", "auth_svc"), host="/nowhere"))
