"""How far events have come: what waits in the outbox, and how far each stream's consumer is behind.

Read when somebody asks (a scrape, ``stoa events status``), in a handful of commands; nothing is counted on the way.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from subgraphs.kernel.database import Database

LAG_COUNTED: Final = 10_000
"""A longer lag is reported as this: what matters is that it is long."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Events of an outbox that are not in the stream yet."""

    count: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a consumer group is in one stream: entries it was not given yet, and those it has not acknowledged."""

    lag: int
    pending: int


async def waiting(database: Database) -> Waiting:
    """What the relay has still to publish; found by the partial index on unpublished rows."""
    row = await database.fetch_row(
        """
        SELECT count(*) AS count,
               coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::double precision AS oldest
        FROM outbox WHERE published_at IS NULL
        """
    )
    return Waiting(row["count"], max(row["oldest"], 0.0))


async def progress(redis: Any, streams: Collection[str], group: str) -> dict[str, Progress]:
    """Lag and pending entries of a group by stream; a stream without the group counts as unread from its beginning."""
    found = {}
    for stream in sorted(streams):
        known = {_text(item["name"]): item for item in await _groups(redis, stream)}.get(group)
        last = "-" if known is None else f"({_text(known['last-delivered-id'])}"
        behind = await redis.xrange(stream, min=last, count=LAG_COUNTED)
        found[stream] = Progress(len(behind), 0 if known is None else int(known["pending"]))
    return found


async def _groups(redis: Any, stream: str) -> list[Any]:
    if not await redis.exists(stream):
        return []
    groups: list[Any] = await redis.xinfo_groups(stream)
    return groups


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
