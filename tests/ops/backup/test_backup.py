"""A restored database equals the one backed up, and nothing that is not whole looks like a backup (S-061 to S-068)."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from click.testing import CliRunner, Result

from ops.backup import BackupError, RestoreError, backup, restore, verify, whole_backups
from ops.backup.contents import Contents, Sequence, differences
from ops.backup.manifest import MANIFEST, Manifest, read_manifest
from ops.backup.tools import ToolError
from ops.cli import main
from ops.local.postgres import Cluster
from ops.rooms import ROOMS
from subgraphs.kernel.settings import DatabaseSettings
from tests.fixtures.databases import Databases, RoomDatabases
from tests.ops.backup.traffic import change, everything, odd

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def superuser(databases: Databases) -> Cluster:
    at = databases.server
    return Cluster(at.host, at.port, at.user, at.password)


@pytest.fixture
def settings(databases: Databases) -> Iterator[DatabaseSettings]:
    made = databases.clone("auth")
    yield made
    for name in asyncio.run(names(databases, made.name)):
        databases.run(f'DROP DATABASE "{name}" WITH (FORCE)')


async def names(databases: Databases, prefix: str) -> list[str]:
    """The databases whose names begin so."""
    at = databases.server
    connection = await asyncpg.connect(
        host=at.host, port=at.port, user=at.user, password=at.password or None, database="postgres"
    )
    try:
        rows = await connection.fetch(
            "SELECT datname::text AS name FROM pg_database WHERE starts_with(datname, $1) ORDER BY 1", prefix
        )
        return [row["name"] for row in rows]
    finally:
        await connection.close()


@pytest.fixture
async def connection(settings: DatabaseSettings) -> AsyncIterator[Any]:
    opened = await asyncpg.connect(**settings.connect_arguments(), timeout=10)
    yield opened
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):  # a restore may have cut it off
        await opened.close(timeout=5)


@pytest.mark.parametrize("seed", range(2))
async def test_a_restored_database_equals_the_one_backed_up(
    connection: Any, settings: DatabaseSettings, superuser: Cluster, databases: Databases, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311
    await odd(connection)
    await change(connection, chance, 60)
    expected = await everything(settings)
    taken = await backup({"auth": settings}, tmp_path)
    await verify(taken, "auth", settings, superuser)
    assert await everything(settings) == expected

    await change(connection, chance, 20)
    await connection.execute("DROP TABLE parted CASCADE; CREATE TABLE later (id int)")
    damaged = await everything(settings)
    aside = await restore(taken, "auth", settings, superuser, replace=True)
    assert await everything(settings) == expected
    assert aside is not None
    kept = DatabaseSettings(settings.host, settings.port, aside, settings.user, settings.password)
    assert await everything(kept) == damaged
    assert await names(databases, settings.name) == [settings.name, aside]
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):  # its connection led to the replaced database
        await connection.fetchval("SELECT 1")
    again = await backup({"auth": settings}, tmp_path / "again")  # what is restored can be backed up and compared
    assert read_manifest(again).rooms["auth"].contents == read_manifest(taken).rooms["auth"].contents


async def test_a_backup_under_traffic_is_of_one_moment(
    connection: Any, settings: DatabaseSettings, superuser: Cluster, tmp_path: Path
) -> None:
    await connection.execute("CREATE TABLE debit (id serial, n int); CREATE TABLE credit (id serial, n int)")
    over = asyncio.Event()

    async def pay() -> int:
        n = 0
        while not over.is_set():
            async with connection.transaction():
                await connection.execute("INSERT INTO debit (n) VALUES ($1)", n)
                await connection.execute("INSERT INTO credit (n) VALUES ($1)", n)
            n += 1
        return n

    paying = asyncio.create_task(pay())
    try:
        taken = await backup({"auth": settings}, tmp_path)
    finally:
        over.set()
    paid = await paying
    await restore(taken, "auth", settings, superuser, replace=True)
    restored = await everything(settings)
    assert len(restored["debit"]) == len(restored["credit"]) < paid
    assert [row[0].partition(",")[2] for row in restored["debit"]] == [
        row[0].partition(",")[2] for row in restored["credit"]
    ]


async def test_what_is_not_to_be_restored_is_refused_and_nothing_changes(
    connection: Any, settings: DatabaseSettings, superuser: Cluster, databases: Databases, tmp_path: Path
) -> None:
    await odd(connection)
    await change(connection, random.Random(7), 20)  # noqa: S311
    taken = await backup({"auth": settings}, tmp_path)
    expected = await everything(settings)
    manifest = read_manifest(taken)
    dumped = manifest.rooms["auth"]

    async def refused(match: str, room: str = "auth", *, replace: bool = True) -> None:
        with pytest.raises(RestoreError, match=match):
            await restore(taken, room, settings, superuser, replace=replace)
        assert await everything(settings) == expected
        assert await names(databases, settings.name) == [settings.name]

    def altered(**changes: Any) -> None:
        contents = dumped.contents.model_copy(update=changes)
        room = dumped.model_copy(update={"contents": contents})
        (taken / MANIFEST).write_text(Manifest(taken_at=NOON, rooms={"auth": room}).model_dump_json())

    await refused("is not empty; --replace", replace=False)
    await refused("holds no database of user", room="user")
    altered(migrations=[*dumped.contents.migrations, "auth_9999_later"])
    await refused("newer release: auth_9999_later")
    rows = dumped.contents.tables["public.users"]
    altered(tables={**dumped.contents.tables, "public.users": rows.model_copy(update={"checksum": "1"})})
    await refused("the rows of public.users differ")
    altered(schema_sha256="0")
    await refused("its definitions differ")
    altered()
    file = taken / dumped.file
    whole = file.read_bytes()
    file.write_bytes(whole[:-9])
    await refused("is damaged")
    file.unlink()
    await refused("is missing")
    (taken / MANIFEST).write_text("{")
    with pytest.raises(BackupError, match="damaged"):
        await restore(taken, "auth", settings, superuser)


async def test_an_empty_database_needs_no_flag_and_a_missing_one_is_made(
    settings: DatabaseSettings, superuser: Cluster, databases: Databases, tmp_path: Path
) -> None:
    expected = await everything(settings)
    taken = await backup({"auth": settings}, tmp_path)
    databases.drop(settings)
    assert await restore(taken, "auth", settings, superuser) is None
    assert await everything(settings) == expected
    databases.drop(settings)
    databases.run(f"CREATE DATABASE {settings.name} OWNER {settings.user}")
    assert await restore(taken, "auth", settings, superuser) is None
    assert await everything(settings) == expected
    assert await names(databases, settings.name) == [settings.name]


async def test_clients_that_come_again_and_again_find_the_restored_one(
    connection: Any, settings: DatabaseSettings, superuser: Cluster, databases: Databases, tmp_path: Path
) -> None:
    taken = await backup({"auth": settings}, tmp_path)
    await connection.execute("CREATE TABLE later (id int)")
    databases.run(f"CREATE DATABASE {settings.name}_restoring_1")  # as one that was killed leaves it
    over = asyncio.Event()

    async def come_again() -> int:
        times = 0
        while not over.is_set():
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                client = await asyncpg.connect(**settings.connect_arguments(), timeout=30)
                times += 1
                await client.fetchval("SELECT pg_sleep(0.01)")
                await client.close()
        return times

    clients = [asyncio.create_task(come_again()) for _ in range(3)]
    try:
        aside = await restore(taken, "auth", settings, superuser, replace=True)
    finally:
        over.set()
        times = await asyncio.gather(*clients)
    assert all(times)
    assert "later" not in await everything(settings)
    assert await names(databases, settings.name) == [settings.name, aside]


async def test_two_restores_of_one_database_are_refused(
    settings: DatabaseSettings, superuser: Cluster, databases: Databases, tmp_path: Path
) -> None:
    taken = await backup({"auth": settings}, tmp_path)
    attempts = (verify(taken, "auth", settings, superuser) for _ in range(2))
    done = await asyncio.gather(*attempts, return_exceptions=True)
    assert [str(each) for each in done if each is not None] == [
        f"{settings.name} is being restored or verified by somebody else."
    ]
    assert await names(databases, settings.name) == [settings.name]


async def test_a_failure_leaves_nothing_and_removes_nothing(settings: DatabaseSettings, tmp_path: Path) -> None:
    first = await backup({"auth": settings}, tmp_path, now=NOON)
    metrics = (tmp_path / "backup.prom").read_text()
    gone = DatabaseSettings(settings.host, settings.port, "t_gone", settings.user, settings.password)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await backup({"auth": settings, "user": gone}, tmp_path, keep=1)
    assert whole_backups(tmp_path) == [first]
    assert listed(tmp_path) == [".lock", "20260131_120000", "backup.prom"]
    assert (tmp_path / "backup.prom").read_text() == metrics
    with pytest.raises(BackupError, match="is there already"):
        await backup({"auth": settings}, tmp_path, now=NOON)


async def test_the_newest_are_kept_and_the_last_success_is_told(settings: DatabaseSettings, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "20200101_000000").mkdir()  # without a manifest it is no backup, and not ours to remove
    for hour in range(3):
        await backup({"auth": settings}, tmp_path, keep=2, now=NOON + timedelta(hours=hour))
    assert [path.name for path in whole_backups(tmp_path)] == ["20260131_130000", "20260131_140000"]
    assert (tmp_path / "notes").exists()
    last = whole_backups(tmp_path)[-1]
    assert listed(last) == ["auth_db_20260131_140000.dump", MANIFEST]
    lines = (tmp_path / "backup.prom").read_text().splitlines()
    assert (
        f'backup_last_success_timestamp_seconds{{db="auth_db"}} {(NOON + timedelta(hours=2)).timestamp():.0f}' in lines
    )
    assert f'backup_size_bytes{{db="auth_db"}} {(last / "auth_db_20260131_140000.dump").stat().st_size}' in lines


def listed(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def partials(directory: Path) -> list[str]:
    return [name for name in listed(directory) if name.endswith(".partial")]


def environment(databases: dict[str, DatabaseSettings]) -> dict[str, str]:
    found: dict[str, str] = {}
    for room in ROOMS:
        settings = databases.get(room) or databases["auth"]
        prefix = f"{room.upper()}_DATABASE_"
        found |= {f"{prefix}HOST": settings.host, f"{prefix}PORT": str(settings.port), f"{prefix}NAME": settings.name}
        found |= {f"{prefix}USER": settings.user, f"{prefix}PASSWORD": settings.password}
    return found


async def process(settings: DatabaseSettings, to: Path, limit: str = "") -> asyncio.subprocess.Process:
    """``stoa backup`` in a process of its own, after a shell's ``limit``."""
    command = f'{limit} exec "$0" -m ops backup --to "$1"'
    return await asyncio.create_subprocess_exec(
        "/bin/sh",
        "-c",
        command,
        sys.executable,
        to,
        env={**os.environ, **environment({"auth": settings})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )


async def test_a_full_disk_leaves_no_backup(connection: Any, settings: DatabaseSettings, tmp_path: Path) -> None:
    await connection.execute(
        "CREATE TABLE big AS SELECT string_agg(gen_random_uuid()::text, '') AS t FROM generate_series(1, 20000)"
    )
    running = await process(settings, tmp_path, "ulimit -f 200;")  # no file above some 100 KB can be written
    said, _ = await running.communicate()
    assert running.returncode == 1, said
    assert b"Error: pg_dump: " in said
    assert listed(tmp_path) == [".lock"]


async def test_one_that_was_killed_leaves_no_backup_and_the_next_clears_up(
    connection: Any, settings: DatabaseSettings, tmp_path: Path
) -> None:
    async with connection.transaction():
        await connection.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")  # which holds up pg_dump
        running = await process(settings, tmp_path)
        async with asyncio.timeout(60):
            while not partials(tmp_path):  # noqa: ASYNC110 - it is another process's doing
                await asyncio.sleep(0.02)
        with pytest.raises(BackupError, match="Another backup"):
            await backup({"auth": settings}, tmp_path)
        os.killpg(running.pid, signal.SIGKILL)
        await running.wait()
    assert whole_backups(tmp_path) == []
    taken = await backup({"auth": settings}, tmp_path)
    assert whole_backups(tmp_path) == [taken]
    assert partials(tmp_path) == []


def test_a_sequence_may_be_ahead_and_never_behind() -> None:
    def contents(last: int, called: bool) -> Contents:
        sequence = Sequence(last_value=last, is_called=called)
        return Contents(migrations=[], tables={}, sequences={"public.s": sequence}, schema_sha256="")

    assert differences(contents(1, False), contents(1, True)) == []
    assert differences(contents(1, True), contents(3, True)) == []
    assert differences(contents(1, True), contents(1, False)) == ["the sequence public.s is behind"]
    assert differences(contents(3, True), contents(2, True)) == ["the sequence public.s is behind"]


async def test_from_the_command_line(
    room_database: RoomDatabases, superuser: Cluster, databases: Databases, tmp_path: Path
) -> None:
    made = {room: room_database(room) for room in ROOMS}
    variables = environment(made)
    variables |= {"PGHOST": superuser.host, "PGPORT": str(superuser.port), "PGUSER": superuser.superuser}
    run = CliRunner(env=variables)

    async def stoa(*arguments: str) -> Result:
        return await asyncio.to_thread(run.invoke, main, arguments, catch_exceptions=False)

    taken = await stoa("backup", "--to", str(tmp_path))
    assert taken.exit_code == 0, taken.output
    [directory] = whole_backups(tmp_path)
    assert list(read_manifest(directory).rooms) == list(ROOMS)
    assert len(list(directory.glob("*_db_*.dump"))) == 6
    checked = await stoa("backup", "verify", str(tmp_path))
    assert checked.exit_code == 0, checked.output
    assert checked.output.count("as it was backed up") == 6
    refused = await stoa("restore", str(tmp_path), "--service", "order")
    assert (refused.exit_code, "--replace" in refused.output) == (1, True)
    try:
        restored = await stoa("restore", str(directory), "--service", "order", "--replace")
        assert restored.exit_code == 0, restored.output
        assert "kept as" in restored.output
    finally:
        for name in await names(databases, f"{made['order'].name}_"):
            databases.run(f'DROP DATABASE "{name}"')
    shutil.rmtree(directory)
    assert "is no backup" in (await stoa("backup", "verify", str(tmp_path))).output


async def test_a_dump_that_cannot_be_loaded_says_why(
    settings: DatabaseSettings, superuser: Cluster, databases: Databases, tmp_path: Path
) -> None:
    taken = await backup({"auth": settings}, tmp_path)
    databases.run(f"CREATE ROLE {settings.name} NOLOGIN")
    try:
        stranger = DatabaseSettings(settings.host, settings.port, settings.name, settings.name, "")
        with pytest.raises((ToolError, asyncpg.PostgresError), match="not permitted to log in"):
            await verify(taken, "auth", stranger, superuser)
        assert await names(databases, settings.name) == [settings.name]
    finally:
        databases.run(f"DROP ROLE {settings.name}")
