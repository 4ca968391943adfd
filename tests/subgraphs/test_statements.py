"""No value of a request becomes part of a statement's text (S-117), and nothing selects what it does not name (S-119).

Statements are constants or assembled from constants. What else may stand in an f-string of SQL is listed here with its
reason; a new one has to be looked at.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from subgraphs.kernel.settings import ROOMS
from tests.fixtures.databases import RoomDatabases

SUBGRAPHS = Path(__file__).parents[2] / "subgraphs"
SOURCES = sorted(SUBGRAPHS.rglob("*.py"))
SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|ALTER TABLE|CREATE (TABLE|TRIGGER|INDEX)|LOCK TABLE)\b")
CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*|[a-z_]+\.[A-Z][A-Z0-9_]*")
EVERYTHING = re.compile(r"(\b(SELECT|RETURNING|DISTINCT)\s+|,\s*)(\w+\.)?\*|\)\.\*")
SENT = re.compile(r"\b(SELECT|RETURNING)\b")

ASSEMBLED = {
    "request.order_by": "columns of a Keyset, which is a constant",
    "request.limit": "an integer from a validated page request",
    "conditions": "fragments of a filter, values as parameters",
    "conditions.sql": "fragments of a filter, values as parameters",
    "beyond": "a Keyset's comparison, values as parameters",
    "where": "fragments of a filter, values as parameters",
}
NAMED = {
    "auth/erasures.py": {"table": "this room's tables"},
    "auth/one_time_tokens.py": {
        "_TABLES[kind]": "a table per kind",
        "table": "a table per kind",
        "_address(kind)": "a column per kind",
    },
    "auth/sessions.py": {"which": "two constant conditions"},
    "kernel/audit.py": {
        "table": "a migration's table",
        "arguments": "a migration's column names",
        "name": "a former partition, from the catalog",
    },
    "kernel/ddl.py": {"table": "a migration's table"},
    "kernel/ddl_partitions.py": {
        "table": "a migration's table",
        "default": "its default partition",
    },
    "kernel/partitions.py": {
        "table": "a room's table",
        "partitioned.table": "a room's table",
        "name": "a room's table with year and month",
        "locked": "this room's tables",
        "row['name']": "a partition's name from the catalog, of that form",
        "month": "a date",
        "end": "a date",
    },
    "kernel/upkeep.py": {
        "retention.table": "a room's table",
        "retention.column": "its column",
        "retention.condition": "a constant",
    },
    "notification/repository/inbox.py": {"table": "this room's table or a former partition, from the catalog"},
    "order/repository/erasure.py": {
        "table": "this room's table or a former partition, from the catalog",
        "_EMPTY.format(address='billing_address')": "a constant",
        "_EMPTY.format(address='shipping_address')": "a constant",
    },
    "product/repository/search.py": {"hits": "a statement assembled above"},
    "user/repository.py": {"table": "this room's tables"},
}


def sql_parts(source: Path) -> Iterator[tuple[int, str]]:
    """Line and text of every expression inside an f-string that is SQL."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.JoinedStr):
            text = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
            if SQL.search(text):
                for part in node.values:
                    if isinstance(part, ast.FormattedValue):
                        yield node.lineno, ast.unparse(part.value)


def literals(source: Path) -> Iterator[tuple[int, str]]:
    """Strings that do something: not docstrings."""
    tree = ast.parse(source.read_text())
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in said:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def test_statements_are_made_of_constants() -> None:
    found, unused = [], []
    for source in SOURCES:
        name, parts = str(source.relative_to(SUBGRAPHS)), list(sql_parts(source))
        listed = NAMED.get(name, {})
        found += [
            (name, line, expression)
            for line, expression in parts
            if not CONSTANT.fullmatch(expression) and expression not in ASSEMBLED and expression not in listed
        ]
        unused += [(name, expression) for expression in listed.keys() - {expression for _, expression in parts}]
    assert found == []
    assert unused == [], "no longer there: take it off the list"


def selects_everything(statement: str) -> bool:
    """Whether a statement's result would change with a table's columns."""
    return bool(SENT.search(statement) and EVERYTHING.search(statement))


def test_nothing_selects_everything() -> None:
    listed = {
        "kernel/audit.py": "frozen SQL of migrations",
        "kernel/ddl_partitions.py": "frozen SQL of migrations",
        "kernel/partitions.py": "moves rows to a partition, which was made like their table a moment before",
    }
    found = {
        (str(source.relative_to(SUBGRAPHS)), line)
        for source in SOURCES
        for line, text in literals(source)
        if selects_everything(text)
    }
    assert {name for name, _ in found} == set(listed), found


@pytest.mark.parametrize("room", ROOMS)
async def test_no_function_selects_everything(room: str, room_database: RoomDatabases) -> None:
    """``RETURNING *`` moves rows from a table into itself: ``forget_in_audit_log``."""
    connection = await asyncpg.connect(**room_database(room).connect_arguments())
    try:
        rows = await connection.fetch(
            "SELECT proname::text AS name, prosrc AS body FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        )
    finally:
        await connection.close()
    assert len(rows) >= 4
    found = [row["name"] for row in rows if selects_everything(row["body"].replace("RETURNING *", ""))]
    assert found == []


def test_the_rule_finds_what_it_forbids(tmp_path: Path) -> None:
    source = tmp_path / "bad.py"
    source.write_text('rows = fetch(f"SELECT id FROM t WHERE name = \'{name}\'")\nall_of_it = "SELECT * FROM users"\n')
    assert list(sql_parts(source)) == [(1, "name")]
    assert any(selects_everything(text) for _, text in literals(source))
    for statement in (
        "SELECT DISTINCT * FROM t",
        "SELECT t.id, u.* FROM t JOIN u ON true",
        "DELETE FROM t RETURNING *",
        "SELECT\n  w.*\nFROM words w",
        "SELECT (f(x)).* FROM t",
        "WITH a AS (SELECT * FROM t) SELECT a.id FROM a",
        "SELECT * FROM unnest($1::int[])",
    ):
        assert selects_everything(statement), statement
    for statement in ("SELECT count(*), a * b, 2 * c FROM t", "EXPLAIN SELECT sum(price * quantity) FROM t"):
        assert not selects_everything(statement), statement
