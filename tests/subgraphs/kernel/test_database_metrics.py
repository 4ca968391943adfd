"""Waits for connections, time of statements and slow ones are counted (S-092, S-093)."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from subgraphs.kernel.database import Database, connection_states
from subgraphs.kernel.database_metrics import DatabaseMetrics
from subgraphs.kernel.refusals import Unavailable
from tests.fixtures.databases import RoomDatabases
from tests.fixtures.rooms import StartRoom

DB = Database("user")


class Measured:
    """A database whose metrics are in a registry of this test."""

    def __init__(self, database: Database, slow_seconds: float) -> None:
        self.database = database
        self.registry = CollectorRegistry()
        database.metrics = DatabaseMetrics("user", self.registry, slow_seconds)

    def value(self, name: str, **labels: str) -> float:
        found = self.registry.get_sample_value(name, labels)
        assert found is not None, name
        return found


@pytest.fixture
async def database(room_database: RoomDatabases) -> AsyncIterator[Database]:
    async with DB.opened(replace(room_database("user"), pool_min=1, pool_max=1, acquire_timeout=0.2)) as opened:
        yield opened
        opened.metrics = None


async def test_every_statement_and_every_wait_is_counted(database: Database) -> None:
    measured = Measured(database, 3600)
    for _ in range(3):
        await database.fetch_value("SELECT 1")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await database.fetch_value("SELECT 1 / 0")
    async with database.transaction():
        await database.execute("UPDATE user_preferences SET language = 'en'")
        await database.fetch("SELECT 1")
    assert measured.value("stoa_sql_statement_seconds_count") == 6
    assert measured.value("stoa_pool_wait_seconds_count") == 5, "a transaction takes one connection"
    assert measured.value("stoa_sql_slow_statements_total") == 0
    assert measured.value("stoa_pool_refused_total") == 0


async def test_who_gets_no_connection_is_counted_apart(database: Database) -> None:
    measured = Measured(database, 3600)
    connection = await database.acquire()
    for _ in range(2):
        with pytest.raises(Unavailable):
            await database.acquire()
    await database.release(connection)
    assert measured.value("stoa_pool_refused_total") == 2
    assert measured.value("stoa_pool_wait_seconds_count") == 1


async def test_a_slow_statement_is_counted_and_logged_without_its_parameters(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    measured = Measured(database, 1.0)
    with caplog.at_level(logging.WARNING, "stoa.database"):
        await database.fetch_value("SELECT $1::text", "quick")
        assert caplog.records == []
        await database.fetch_value("SELECT pg_sleep(1.05),\n       $1::text", "somebody's address")
    assert measured.value("stoa_sql_slow_statements_total") == 1
    [message] = caplog.messages
    assert message.startswith("user: a statement took 1.")
    assert message.endswith("s: SELECT pg_sleep(1.05), $1::text")
    assert measured.value("stoa_sql_statement_seconds_bucket", le="1.0") == 1
    assert measured.value("stoa_sql_statement_seconds_bucket", le="+Inf") == 2


async def test_a_statement_that_is_slow_to_fail_is_slow(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    measured = Measured(database, 0)
    with pytest.raises(asyncpg.PostgresError):
        await database.execute("SELECT no_such_function($1)", "secret")
    assert measured.value("stoa_sql_slow_statements_total") == 1
    assert "secret" not in caplog.text


async def test_connections_are_counted_by_state(database: Database, room_database: RoomDatabases) -> None:
    measured = Measured(database, 3600)
    assert database.metrics is not None
    other = await asyncpg.connect(**room_database("user").connect_arguments())
    await other.execute("BEGIN")
    states = await connection_states(database)
    assert states == {"active": 1, "idle in transaction": 1}, "this one asks, the other waits; workers have no state"
    database.metrics.count_connections(states)
    assert measured.value("stoa_database_connections", state="idle in transaction") == 1
    await other.execute("COMMIT")
    database.metrics.count_connections(await connection_states(database))
    assert measured.value("stoa_database_connections", state="idle in transaction") == 0
    assert measured.value("stoa_database_connections", state="idle") == 1
    await other.close()


async def test_a_room_exports_them(start_room: StartRoom) -> None:
    from subgraphs.user.app import create_app

    async with start_room("user", create_app) as client:
        await client.room.database.fetch_value("SELECT 1")
        text = (await client.http.get("/metrics")).text
        assert "stoa_pool_wait_seconds_count " in text
        assert 'stoa_database_connections{state="active"} 1.0' in text
        assert "stoa_sql_slow_statements_total 0.0" in text
        assert "stoa_pool_connections " in text
        database = client.room.database
    assert database.metrics is None
