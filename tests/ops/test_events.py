"""``stoa events``: what the operator is told and what it takes to find the servers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops.events import _moment
from ops.local.errors import StartError
from ops.rooms import ROOMS
from subgraphs.kernel.database import Database
from subgraphs.kernel.events import Event
from subgraphs.kernel.outbox import write_events
from tests.fixtures.databases import RoomDatabases

ROOT = Path(__file__).parents[2]


def run(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ops", "events", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def environ(room_database: RoomDatabases, redis_url: str) -> dict[str, str]:
    found = {"PATH": "/usr/bin:/bin", "REDIS_URL": redis_url, "COLUMNS": "200"}
    for room in ROOMS:
        settings, prefix = room_database(room), f"{room.upper()}_DATABASE_"
        found |= {
            f"{prefix}HOST": settings.host,
            f"{prefix}PORT": str(settings.port),
            f"{prefix}NAME": settings.name,
            f"{prefix}USER": settings.user,
            f"{prefix}PASSWORD": settings.password,
        }
    return found


def test_published_events_are_published_again(environ: dict[str, str], room_database: RoomDatabases) -> None:
    async def told() -> None:
        async with Database("order").opened(room_database("order")) as database:
            async with database.transaction():
                await write_events(database, *(Event("order.created", "order:1", {}) for _ in range(3)))
            await database.execute("UPDATE outbox SET published_at = now()")

    asyncio.run(told())
    done = run(environ, "republish", "--since", "1h")
    assert done.returncode == 0, done.stderr
    assert "order: 3 events" in done.stdout
    assert "auth: 0 events" in done.stdout
    shown = run(environ, "status")
    assert shown.returncode == 0, shown.stderr
    (line,) = [line for line in shown.stdout.splitlines() if line.strip().startswith("order")]
    assert line.split()[1] == "3"
    assert "order: 0 events" in run(environ, "republish", "--since", "1h", "order").stdout


def test_without_a_stack_it_says_what_to_do(tmp_path: Path) -> None:
    done = run({"PATH": "/usr/bin:/bin"}, "status", "--data", str(tmp_path))
    assert done.returncode == 1
    assert "No stack runs on" in done.stderr
    assert "Traceback" not in done.stderr


def test_moments_are_read_as_people_write_them() -> None:
    assert timedelta(hours=11) < datetime.now(UTC) - _moment("12h") < timedelta(hours=13)
    assert _moment("2026-01-31T12:00:00Z") == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert _moment("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)
    for text in ("", "12", "h", "tomorrow", "9" * 50 + "d"):
        with pytest.raises(StartError):
            _moment(text)
