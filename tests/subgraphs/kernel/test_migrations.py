"""Migrations on real databases: every room up, down and up again, and what the runner promises (S-047 to S-060)."""

from __future__ import annotations

from pathlib import Path

import pytest
from piccolo.apps.migrations.tables import Migration as PiccoloMigration

from subgraphs.kernel.database import Database
from subgraphs.kernel.migrations import MigrationError, Migrator, pending_migrations, room_migrations
from subgraphs.kernel.settings import ROOMS
from tests.fixtures.databases import Databases

_CATALOG = """
SELECT 'column' AS kind, concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) AS what
FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'migration'
UNION ALL SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'migration'
UNION ALL SELECT 'constraint', conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 'migration'::regclass
UNION ALL SELECT 'trigger', pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
ORDER BY 1, 2
"""

_STEP = '''
"""{stem}."""
from subgraphs.kernel.migrations import sql_migration

ID = "{stem}"
VERSION = "1.38.0"
DESCRIPTION = "A step"

async def forwards():
    return sql_migration(ID, "auth", DESCRIPTION, {forwards!r}, {backwards!r}, wrap_in_transaction={wrap})
'''


def _write(
    folder: Path, stem: str, forwards: tuple[str, ...], backwards: tuple[str, ...], *, wrap: bool = True
) -> None:
    (folder / "auth").mkdir(exist_ok=True)
    text = _STEP.format(stem=stem, forwards=forwards, backwards=backwards, wrap=wrap)
    (folder / "auth" / f"{stem}.py").write_text(text)


@pytest.mark.parametrize("room", ROOMS)
async def test_a_room_goes_up_down_and_up_to_the_same_catalog(room: str, databases: Databases) -> None:
    settings = databases.empty(room)
    try:
        async with Migrator.connect(room, settings) as migrator:
            done = await migrator.up()
            assert done == [migration.id for migration in room_migrations(room)]
            assert await migrator.up() == []
            first = await migrator.connection.fetch(_CATALOG)
            assert await migrator.down(None) == done[::-1]
            assert await migrator.connection.fetch(_CATALOG) == []
            await migrator.up()
            assert await migrator.connection.fetch(_CATALOG) == first
    finally:
        databases.drop(settings)


async def test_up_and_down_count_and_report(tmp_path: Path, databases: Databases) -> None:
    for number in (1, 2, 3):
        _write(tmp_path, f"auth_000{number}_step", (f"CREATE TABLE t{number} ()",), (f"DROP TABLE t{number}",))
    settings = databases.empty("auth")
    seen: list[str] = []
    async with Migrator.connect("auth", settings, room_migrations("auth", tmp_path)) as migrator:
        assert await migrator.up(2, on_each=seen.append) == ["auth_0001_step", "auth_0002_step"] == seen
        assert await migrator.pending() == ["auth_0003_step"]
        assert [state.applied for state in await migrator.status()] == [True, True, False]
        assert await migrator.down() == ["auth_0002_step"]
        assert await migrator.applied() == ["auth_0001_step"]
    databases.drop(settings)


async def test_a_failing_migration_leaves_nothing(tmp_path: Path, databases: Databases) -> None:
    _write(tmp_path, "auth_0001_half", ("CREATE TABLE half ()", "SELECT nonsense"), ())
    settings = databases.empty("auth")
    async with Migrator.connect("auth", settings, room_migrations("auth", tmp_path)) as migrator:
        with pytest.raises(MigrationError, match=r"auth_0001_half.*nonsense"):
            await migrator.up()
        assert await migrator.connection.fetchval("SELECT to_regclass('half')") is None
        assert await migrator.applied() == []
    databases.drop(settings)


async def test_an_index_can_be_built_concurrently(tmp_path: Path, databases: Databases) -> None:
    _write(tmp_path, "auth_0001_table", ("CREATE TABLE big (id int)",), ("DROP TABLE big",))
    _write(
        tmp_path,
        "auth_0002_index",
        ("CREATE INDEX CONCURRENTLY idx_big ON big (id)",),
        ("DROP INDEX CONCURRENTLY idx_big",),
        wrap=False,
    )
    settings = databases.empty("auth")
    async with Migrator.connect("auth", settings, room_migrations("auth", tmp_path)) as migrator:
        assert len(await migrator.up()) == 2
        assert len(await migrator.down(2)) == 2
    databases.drop(settings)


async def test_piccolo_reads_the_bookkeeping(
    tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path, "auth_0001_step", ("CREATE TABLE t ()",), ("DROP TABLE t",))
    settings = databases.empty("auth")
    async with Migrator.connect("auth", settings, room_migrations("auth", tmp_path)) as migrator:
        await migrator.up()
    async with Database("auth").opened(settings) as database:
        monkeypatch.setattr(PiccoloMigration._meta, "_db", database)
        assert await PiccoloMigration.get_migrations_which_ran("auth") == ["auth_0001_step"]
    databases.drop(settings)


async def test_a_service_knows_what_is_pending(databases: Databases) -> None:
    settings = databases.empty("auth")
    async with Database("auth").opened(settings) as database:
        assert await pending_migrations("auth", database) == [item.id for item in room_migrations("auth")]
        async with Migrator.connect("auth", settings) as migrator:
            await migrator.up()
        assert await pending_migrations("auth", database) == []
    databases.drop(settings)
