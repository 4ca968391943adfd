"""``stoa events``: how far events have come, and publishing them again after Redis lost its streams."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import click
from redis.asyncio import Redis
from redis.exceptions import RedisError
from rich.table import Table

from ops.console import console, failing_clearly
from ops.local.errors import StartError
from ops.local.running import running_environment
from ops.rooms import ROOMS
from subgraphs.kernel.database import Database
from subgraphs.kernel.event_metrics import Progress, Waiting, progress, waiting
from subgraphs.kernel.events import stream_name
from subgraphs.kernel.outbox import republish
from subgraphs.kernel.refusals import Unavailable
from subgraphs.kernel.settings import RoomSettings, SettingsError

__all__ = ["events"]

_EXPECTED = (StartError, SettingsError, Unavailable, asyncpg.PostgresError, RedisError, OSError)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(os.environ.get("STOA_DATA", ".stoa")),
    help="Data directory of the running stack, unless the environment names the servers.  [default: .stoa]",
)


@click.group()
def events() -> None:
    """Look after the events between the services."""


@events.command("republish")
@_data
@click.option("--since", required=True, help="How far back: 30m, 12h, 7d, or a moment like 2026-01-31T12:00:00Z.")
@click.argument("room", type=click.Choice((*ROOMS, "all")), default="all")
def republish_events(data: Path, since: str, room: str) -> None:
    """Publish again what ROOM told since then; consumers pass over what they have applied."""
    with failing_clearly(*_EXPECTED):
        moment = _moment(since)
        environ = running_environment(data, os.environ)
        for name in ROOMS if room == "all" else (room,):
            count = asyncio.run(_republish(name, environ, moment))
            console.print(f"{name}: {count} events will be published again")


@events.command()
@_data
def status(data: Path) -> None:
    """Show what waits in each outbox, and how far each service is behind the streams it reads."""
    table = Table("room", "unpublished", "oldest", "stream", "lag", "pending", box=None)
    with failing_clearly(*_EXPECTED):
        environ = running_environment(data, os.environ)
        for room in ROOMS:
            outbox, streams = asyncio.run(_state(room, environ))
            table.add_row(room, str(outbox.count), f"{outbox.oldest_seconds:.0f} s")
            for stream, where in streams.items():
                table.add_row("", "", "", stream, str(where.lag), str(where.pending))
    console.print(table)


def _moment(text: str) -> datetime:
    if match := re.fullmatch(r"(\d{1,6})([mhd])", text):
        return datetime.now(UTC) - timedelta(**{_UNITS[match[2]]: int(match[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise StartError(f"--since {text!r} is neither like 12h nor a moment like 2026-01-31T12:00:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def _republish(room: str, environ: Mapping[str, str], since: datetime) -> int:
    async with Database(room).opened(RoomSettings.from_env(room, environ).database) as database:
        return await republish(database, since)


async def _state(room: str, environ: Mapping[str, str]) -> tuple[Waiting, dict[str, Progress]]:
    settings = RoomSettings.from_env(room, environ)
    if settings.redis_url is None:
        raise StartError("REDIS_URL is not set; it must be the Redis with the streams.")
    redis = Redis.from_url(settings.redis_url)
    try:
        async with Database(room).opened(settings.database) as database:
            read = [stream for stream in map(stream_name, ROOMS) if await _reads(redis, stream, room)]
            return await waiting(database), await progress(redis, read, room)
    finally:
        await redis.aclose()


async def _reads(redis: Redis, stream: str, group: str) -> bool:
    if not await redis.exists(stream):
        return False
    return any(item["name"].decode() == group for item in await redis.xinfo_groups(stream))
