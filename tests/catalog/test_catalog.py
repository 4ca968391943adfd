"""The migrated databases equal their statement, and every table keeps the house rules of the data model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from subgraphs.kernel.migrations import room_migrations
from tests.fixtures.catalog import read_catalog

HERE = Path(__file__).parent
SOURCE = yaml.safe_load((HERE / "source_document.yaml").read_text())


def stated(name: str) -> dict[str, Any]:
    tables: dict[str, Any] = yaml.safe_load((HERE / f"{name}.yaml").read_text())["tables"]
    return tables


async def test_the_catalog_is_as_stated(room: str, connection: Any) -> None:
    expected = {**stated("shared"), **stated(room)}
    found = await read_catalog(connection)
    assert sorted(found) == sorted(expected)
    for table, statement in expected.items():
        for group in sorted({*statement, *found[table]} - {"rows"}):  # rows: which requirements the table answers
            assert found[table].get(group) == statement.get(group), f"{table}: {group}"


# -- the source document ---------------------------------------------------------------------------------------------


async def test_nothing_of_the_source_document_was_dropped_or_renamed(room: str, connection: Any) -> None:
    found = await read_catalog(connection)
    for table, columns in SOURCE[room]["tables"].items():
        for name, column in columns.items():
            assert name in found[table]["columns"], f"{table}.{name}"
            have = found[table]["columns"][name]
            accepted = [column["type"], *column.get("resolved", ())]
            assert have["type"] in accepted, f"{table}.{name}: {have}"
            if column.get("required") or "default" in column:  # D02
                assert not have["nullable"], f"{table}.{name}: {have}"
            if "default" in column:
                assert have["default"].strip("'") == column["default"], f"{table}.{name}: {have}"


async def test_every_index_of_the_source_document_exists_once(room: str, connection: Any) -> None:
    names = [row["indexname"] for row in await connection.fetch("SELECT indexname FROM pg_indexes")]
    for name in SOURCE[room]["indexes"]:
        assert names.count(name) == 1, name
    migrations = {migration.id: migration.path.read_text() for migration in room_migrations(room)}
    for name, migration in SOURCE[room].get("superseded", {}).items():
        assert name in migrations[migration], name


# -- house rules -----------------------------------------------------------------------------------------------------


async def test_everything_is_commented(connection: Any) -> None:
    missing = await connection.fetch(
        """
        SELECT c.relname || coalesce('.' || a.attname, '') AS name
        FROM pg_class c LEFT JOIN LATERAL (
            SELECT 0::smallint AS attnum, NULL::name AS attname
            UNION ALL SELECT attnum, attname FROM pg_attribute
            WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
        ) a ON true
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND coalesce(CASE a.attnum WHEN 0 THEN obj_description(c.oid, 'pg_class')
                       ELSE col_description(c.oid, a.attnum) END, '') = ''
        """
    )
    assert [row["name"] for row in missing] == []


async def test_rows_know_when_they_were_written_and_changed(connection: Any) -> None:
    for table, statement in (await read_catalog(connection)).items():
        assert "created_at" in statement["columns"], table
        triggers = statement.get("triggers", [])
        if "updated_at" in statement["columns"]:
            assert f"{table}_touch_updated_at" in triggers, table
        else:  # append-only
            assert f"{table}_refuse_update" in triggers, table


async def test_types_and_nulls_say_what_is_meant(connection: Any) -> None:
    for table, statement in (await read_catalog(connection)).items():
        for name, column in statement["columns"].items():
            unfit = {"timestamp without time zone", "real", "double precision", "money", "json"}
            assert column["type"] not in unfit, f"{table}.{name}"
            assert not ("default" in column and column["nullable"]), f"{table}.{name} has a default and nulls"
            assert not (column["type"] == "boolean" and column["nullable"]), f"{table}.{name} has three states"


async def test_foreign_keys_are_indexed(connection: Any) -> None:
    bare = await connection.fetch(
        """
        SELECT k.conrelid::regclass || ' ' || k.conname AS name FROM pg_constraint k
        WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND NOT EXISTS (
            SELECT FROM pg_index x WHERE x.indrelid = k.conrelid
              AND (x.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
        """
    )
    assert [row["name"] for row in bare] == []


async def test_no_index_repeats_another(connection: Any) -> None:
    """An index is redundant when another one of the same kind and condition begins with its columns."""
    repeated = await connection.fetch(
        """
        SELECT a.indexrelid::regclass || ' in ' || b.indexrelid::regclass AS name
        FROM pg_index a JOIN pg_index b ON a.indrelid = b.indrelid AND a.indexrelid <> b.indexrelid
        JOIN pg_class ca ON ca.oid = a.indexrelid JOIN pg_class cb ON cb.oid = b.indexrelid AND ca.relam = cb.relam
        JOIN pg_class t ON t.oid = a.indrelid AND t.relnamespace = 'public'::regnamespace
        WHERE a.indexprs IS NULL AND b.indexprs IS NULL
          AND (b.indkey::int2[])[0:a.indnkeyatts - 1] = (a.indkey::int2[])[0:a.indnkeyatts - 1]
          AND coalesce(pg_get_expr(a.indpred, a.indrelid), '') = coalesce(pg_get_expr(b.indpred, b.indrelid), '')
          AND (NOT a.indisunique OR (b.indisunique AND a.indnkeyatts = b.indnkeyatts))
        """
    )
    assert [row["name"] for row in repeated] == []


async def test_numbers_have_bounds(connection: Any) -> None:
    """S-109: plain SQL cannot write negative amounts or quantities. Identities and computed columns need none."""
    bare = await connection.fetch(
        """
        SELECT a.attrelid::regclass || '.' || a.attname AS name
        FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid
        WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
          AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = '' AND a.attgenerated = ''
          AND t.relname <> 'migration'
          AND a.atttypid IN ('numeric'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype)
          AND NOT EXISTS (
              SELECT FROM pg_constraint k
              WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND a.attnum = ANY (k.conkey))
        """
    )
    assert [row["name"] for row in bare] == []
