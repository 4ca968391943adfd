"""No value of a request becomes part of a statement's text (S-117), and nothing selects what it does not name (S-119).

Statements are constants or assembled from constants. What else may stand in an f-string of SQL is listed here with its
reason; a new one has to be looked at.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SUBGRAPHS = Path(__file__).parents[2] / "subgraphs"
SOURCES = sorted(SUBGRAPHS.rglob("*.py"))
SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|ALTER TABLE|CREATE (TABLE|TRIGGER|INDEX)|LOCK TABLE)\b")
CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*|[a-z_]+\.[A-Z][A-Z0-9_]*")
EVERYTHING = re.compile(r"\bSELECT\s+(\w+\.)?\*\s+FROM\s+(?!unnest\b|moved\b)(?=\w)", re.IGNORECASE)

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
    for node in ast.walk(ast.parse(source.read_text())):
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


def test_nothing_selects_everything() -> None:
    """Except of arrays that were given to the statement, and of rows that it moves."""
    found = [(str(source), line) for source in SOURCES for line, text in literals(source) if EVERYTHING.search(text)]
    assert found == []


def test_the_rule_finds_what_it_forbids(tmp_path: Path) -> None:
    source = tmp_path / "bad.py"
    source.write_text('rows = fetch(f"SELECT id FROM t WHERE name = \'{name}\'")\nall_of_it = "SELECT * FROM users"\n')
    assert list(sql_parts(source)) == [(1, "name")]
    assert any(EVERYTHING.search(text) for _, text in literals(source))
