"""Every statement of the ten reference queries on a large shop: no table is read whole, nothing much is sorted (S-120).

A target of its own (``make test-plans``): filling a hundred times the demo shop takes minutes the first time. The
directory (``STOA_PLANS_DATA``, by default ``.stoa-plans``) is kept; ``STOA_PLANS_SCALE`` sets its size.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.shop import QUERIES, Statement, environment, running

DATA = Path(os.environ.get("STOA_PLANS_DATA", ".stoa-plans"))
SCALE = int(os.environ.get("STOA_PLANS_SCALE", "100"))
MANY = 1_000
"""Rows from which on a table counts as large, and a sort as one that an index should spare."""


EXCEPTED = {
    ("q02", "sorts"): "facets count every hit of the search, by value",
    ("q09", "reads categories"): "every category is below one of the roots that are shown",
}
"""Queries and what they do although it is much, with the reason."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A statement as PostgreSQL ran it."""

    room: str
    sql: str
    plan: dict[str, Any]

    def nodes(self) -> Iterator[dict[str, Any]]:
        """The plan's nodes from the top down."""
        waiting = [self.plan]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(node.get("Plans", ()))

    def faults(self) -> list[str]:
        """What should not be: whole reads of large tables, sorts of many rows, rows read to be thrown away."""
        found = []
        for node in self.nodes():
            rows = node["Actual Rows"] * node["Actual Loops"]
            dropped = node.get("Rows Removed by Filter", 0) * node["Actual Loops"]
            if node["Node Type"] == "Seq Scan" and rows + dropped > MANY:
                found.append(f"reads {node['Relation Name']} whole: {rows + dropped:.0f} rows")
            if "Sort" in node["Node Type"] and rows > MANY:
                found.append(f"sorts {rows:.0f} rows by {node['Sort Key']}")
        return found


@pytest.fixture(scope="module")
def explained() -> dict[str, list[Explained]]:
    """The statements of each query with their plans."""
    with environment(DATA, SCALE) as environ:
        return asyncio.run(_explain_all(environ))


async def _explain_all(environ: dict[str, str]) -> dict[str, list[Explained]]:
    async with running(environ) as shop:
        watched = {name: (await shop.watch(name)).statements for name in QUERIES}
        return {name: [await _explain(each) for each in statements] for name, statements in watched.items()}


async def _explain(statement: Statement) -> Explained:
    explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement.sql}"
    [plan] = await statement.database.fetch_value(explain, *statement.arguments)
    return Explained(statement.database.room, " ".join(statement.sql.split()), plan["Plan"])


@pytest.mark.parametrize("name", QUERIES)
def test_a_large_shop_is_read_by_its_indexes(explained: dict[str, list[Explained]], name: str) -> None:
    statements = explained[name]
    assert statements
    for each in statements:
        buffers = each.plan["Shared Hit Blocks"] + each.plan["Shared Read Blocks"]
        print(f"{each.room:13}{each.plan['Actual Total Time']:9.2f} ms {buffers:7} buffers  {each.sql[:100]}")
    found = [(each.room, fault, each.sql) for each in statements for fault in each.faults()]
    assert [fault for fault in found if not _excepted(name, fault[1])] == []


def _excepted(name: str, fault: str) -> bool:
    return any(name == query and fault.startswith(beginning) for query, beginning in EXCEPTED)
