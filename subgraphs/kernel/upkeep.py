"""What a room does about its own past every hour: partitions made, detached and dropped, old rows deleted (D45).

Every process of a room may run it: partitions are made under a lock, and rows are deleted in batches that skip what
another process is deleting.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.database import Database
from subgraphs.kernel.outages import unexpected
from subgraphs.kernel.partitions import Partitioned, detach_partitions, drop_detached, make_partitions

logger = logging.getLogger("stoa.upkeep")

_EVERY_SECONDS = 3600.0
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Retention:
    """Rows of ``table`` go when ``column`` is older than ``age`` and ``condition`` holds.

    ``$1`` in a condition is the moment before which a row is old.
    """

    table: str
    column: str
    age: timedelta
    condition: str = "true"


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The policy of a room's own tables, each in one of three lists (D45).

    Those with partitions, those whose old rows are deleted, and those that time alone takes nothing from, with why.
    """

    partitioned: Sequence[Partitioned] = ()
    retention: Sequence[Retention] = ()
    kept: Mapping[str, str] = field(default_factory=dict)


NOTHING_OF_ITS_OWN = Upkeep()
AUDIT_MONTHS = 24
SHARED = Upkeep(
    partitioned=(Partitioned("audit_log", AUDIT_MONTHS),),
    retention=(
        # Longer than the outbox keeps events: whatever may be published again is still known here.
        Retention("processed_events", "created_at", timedelta(days=30)),
        Retention("outbox", "published_at", timedelta(days=7), "published_at IS NOT NULL"),
        Retention("idempotency_keys", "expires_at", timedelta(0)),
        # Far longer than the streams keep the event: what nobody retried in a quarter of a year, nobody will.
        Retention("dead_letters", "created_at", timedelta(days=90)),
    ),
    kept={"migration": "which migrations were applied; one row each"},
)
"""What is done in every room, for the tables that every database has."""


async def keep_up(room: RunningRoom, upkeep: Upkeep) -> None:
    """The worker: at the start and every hour until cancelled. What cannot be done now is tried again."""
    while True:
        try:
            await tidy(room.database, upkeep, datetime.now(UTC))
        except Exception as error:
            logger.warning("%s: upkeep waits for its next hour: %s", room.name, error, exc_info=unexpected(error))
        await asyncio.sleep(_EVERY_SECONDS)


async def tidy(database: Database, upkeep: Upkeep, now: datetime) -> dict[str, int]:
    """Do all of it once, as of ``now``; answers how many rows or partitions left each table, those with any."""
    done: dict[str, int] = {}
    for partitioned in (*SHARED.partitioned, *upkeep.partitioned):
        await make_partitions(database, partitioned.table, now.date())
        if detached := await detach_partitions(database, partitioned, now.date()):
            done[partitioned.table] = len(detached)
            logger.info("%s: detached %s", database.room, ", ".join(detached))
        if dropped := await drop_detached(database, partitioned.table, now.date()):
            done[partitioned.table] = done.get(partitioned.table, 0) + len(dropped)
            logger.info("%s: dropped %s", database.room, ", ".join(dropped))
    for retention in (*SHARED.retention, *upkeep.retention):
        if deleted := await delete_old(database, retention, now):
            done[retention.table] = deleted
            logger.info("%s: deleted %d old rows of %s", database.room, deleted, retention.table)
    return done


async def delete_old(database: Database, retention: Retention, now: datetime) -> int:
    """Delete a table's rows that are too old as of ``now``, in batches; answers how many."""
    statement = f"""
        DELETE FROM {retention.table} WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM {retention.table} WHERE {retention.column} < $1 AND {retention.condition}
            ORDER BY {retention.column} LIMIT {_BATCH} FOR UPDATE SKIP LOCKED
        ))
    """
    total = 0
    while deleted := await database.execute(statement, now - retention.age):
        total += deleted
    return total
