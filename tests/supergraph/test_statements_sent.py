"""What the shop really sends to its databases while it is used: no statement selects what it does not name (S-119).

The server's own log is read, so that nothing is missed: neither a worker's statement nor one that a library makes. The
bodies of SQL functions are not in it; ``tests/subgraphs/test_statements.py`` looks at those in the catalog.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from ops.local.running import superuser_environment
from tests.subgraphs.test_statements import selects_everything
from tests.supergraph import test_journey as journey
from tests.supergraph.conftest import Shop
from tests.supergraph.reference import OPERATIONS, caller_of, operation, variables_of

ENTRY = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[", re.MULTILINE)
STATEMENT = re.compile(r"user=(\w+)_svc,.*?LOG:  (?:execute [^:]*|statement): (.*)", re.DOTALL)
DRIVERS = "WITH RECURSIVE typeinfo_tree("
"""What asyncpg asks the catalog when it meets a type for the first time."""
WRITES = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM)\b")


async def superuser(shop: Shop, *statements: str) -> None:
    environ = superuser_environment(shop.data, {"PATH": os.environ["PATH"]})
    connection = await asyncpg.connect(
        host=environ["PGHOST"],
        port=int(environ["PGPORT"]),
        user=environ["PGUSER"],
        password=environ["PGPASSWORD"],
        database="postgres",
        timeout=10,
    )
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


class Log:
    """The server's log from where it stood."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._start = path.stat().st_size

    def statements(self) -> list[tuple[str, str]]:
        """Room and text of every statement that was sent since, in order."""
        with self._path.open("rb") as log:
            log.seek(self._start)
            text = log.read().decode(errors="replace")
        starts = [match.start() for match in ENTRY.finditer(text)]
        entries = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
        return [(match[1], match[2]) for entry in entries if (match := STATEMENT.search(entry))]

    def wait_for(self, mark: str) -> None:
        """Until the setting is in effect everywhere and the log is written."""
        deadline = time.monotonic() + 30
        while not any(mark in text for _, text in self.statements()):
            assert time.monotonic() < deadline, "nothing is logged"
            time.sleep(0.1)


@pytest.fixture
async def log(shop: Shop) -> AsyncIterator[Log]:
    """Every statement of every connection is written down meanwhile, without its parameters."""
    found = Log(shop.data / "postgres" / "log")
    await superuser(shop, "ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()")
    yield found
    await superuser(shop, "ALTER SYSTEM SET log_statement = 'ddl'", "SELECT pg_reload_conf()")


def test_nothing_that_is_sent_selects_everything(shop: Shop, log: Log) -> None:
    log.wait_for("outbox")  # relays and workers ask without being asked
    for name in sorted(path.stem for path in OPERATIONS.glob("q*.graphql")):
        caller_of(shop, name, 10).ask(operation(name), variables_of(name, 10))
    for live in (
        journey.test_a_newcomer_buys_something_and_is_told,
        journey.test_a_declined_card_leaves_the_order_unpaid_and_says_so,
        journey.test_a_session_that_was_ended_is_refused_at_once,
        journey.test_nobody_reads_what_is_somebody_elses,
    ):
        live(shop)
    sent = log.statements()
    texts = {text for _, text in sent}
    assert {room for room, _ in sent} == {"auth", "user", "product", "order", "payment", "notification"}
    assert len(texts) > 100
    assert len([text for text in texts if WRITES.search(text)]) > 30
    assert [text for text in sorted(texts) if selects_everything(text) and not text.startswith(DRIVERS)] == []
