"""The data dictionary tells of every table and column, and is found stale when it no longer does (S-129)."""

from __future__ import annotations

import shutil
from pathlib import Path

import asyncpg
import pytest

from ops.check.dictionary import findings
from ops.dictionary.catalog import Column, Table, read_tables
from ops.dictionary.pages import FOLDER, pages, stale
from ops.rooms import ROOMS, ROOT
from tests.fixtures.databases import RoomDatabases


async def tables_of(room_database: RoomDatabases, room: str) -> list[Table]:
    connection = await asyncpg.connect(**room_database(room).connect_arguments())
    try:
        return await read_tables(connection)
    finally:
        await connection.close()


async def test_the_pages_are_what_the_databases_say(room_database: RoomDatabases) -> None:
    tables = {room: await tables_of(room_database, room) for room in ROOMS}
    made = pages(ROOT, tables)
    assert {path.name for path in (ROOT / FOLDER).iterdir()} == {path.name for path in made}
    for path, text in made.items():
        assert path.read_text() == text, f"{path.name} is stale: run `stoa dictionary`"
    told = "".join(made.values())
    for each in tables.values():
        assert len(each) > 5
        for table in each:
            assert f"\n## {table.name}\n\n{table.comment}.\n" in told
            assert all(column.comment for column in table.columns), table.name
            for column in table.columns:
                assert f"\n| {column.name} | {column.type} | " in told, f"{table.name}.{column.name}"


async def test_a_partition_is_no_table_of_its_own(room_database: RoomDatabases) -> None:
    names = [table.name for table in await tables_of(room_database, "order")]
    assert names == sorted(names)
    assert "audit_log" in names
    assert "audit_log_default" not in names


def test_databases_that_differ_in_what_they_share_are_refused() -> None:
    table = Table("outbox", "Events", ("PRIMARY KEY (id)",), (Column("id", "bigint", nullable=False, comment="Order"),))
    tables = {room: [table] for room in ROOMS}
    assert "| id | bigint |  | Order |" in pages(ROOT, tables)[ROOT / FOLDER / "shared.md"]
    with pytest.raises(ValueError, match="not the same"):
        pages(ROOT, {**tables, "order": []})


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / FOLDER, tmp_path / FOLDER)
    shutil.copytree(ROOT / "migrations", tmp_path / "migrations")
    return tmp_path


def names(found: list[Path]) -> list[str]:
    return [path.stem for path in found]


def test_whatever_makes_a_page_stale_is_found(copied: Path) -> None:
    assert stale(copied) == []
    page = copied / FOLDER / "user.md"
    page.write_text(page.read_text().replace("## user_addresses", "## addresses"))
    (copied / FOLDER / "auth.md").unlink()
    new = copied / "migrations" / "order" / "order_9999_add_gifts.py"
    new.write_text('FORWARDS = ("ALTER TABLE orders ADD COLUMN gift text",)')
    assert names(stale(copied)) == ["auth", "user", "order"]
    new.write_text('FORWARDS = ("ALTER TABLE outbox ADD COLUMN gift text",)')
    assert names(stale(copied)) == ["auth", "user", "order", "shared"]
    assert findings(copied)[0] == "docs/data-dictionary/auth.md is stale: run `stoa dictionary`"


def test_a_policy_that_changes_makes_its_page_stale(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.dictionary.pages.DETACHED_DAYS", 7)
    assert set(names(stale(copied))) >= {"order", "notification", "shared"}
    assert "user" not in names(stale(copied))
