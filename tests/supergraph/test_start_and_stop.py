"""Starting, stopping, dying and starting again: nothing is left running, and everything bought is still there."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil
import pytest

from ops.rooms import ROOMS
from tests.fixtures.databases import RoomDatabases
from tests.supergraph.conftest import data_directory, start, stop

pytestmark = pytest.mark.xdist_group("one process")
_ADDRESS = '{type: SHIPPING, street: "%s", city: "Lisbon", zipCode: "1100-148", country: "PT"}'
_ADD = "mutation { addAddress(input: %s) { address { id } errors { code } } }"
_STREETS = "{ me { addresses { street } } }"


def _users_of(data: Path) -> list[str]:
    """Programs that still run on a data directory."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(str(data) in word for word in process.cmdline()):
                found.append(process.name())
        except psutil.Error:
            continue
    return found


def test_existing_servers_are_used_when_the_environment_names_them(
    room_database: RoomDatabases, redis_url: str
) -> None:
    environ = {"REDIS_URL": redis_url}
    for room in ROOMS:
        database, prefix = room_database(room), f"{room.upper()}_DATABASE_"
        environ[f"{prefix}HOST"] = database.host
        environ[f"{prefix}PORT"] = str(database.port)
        environ[f"{prefix}NAME"] = database.name
        environ[f"{prefix}USER"] = database.user
        environ[f"{prefix}PASSWORD"] = database.password
    data = data_directory()
    shop = start(data, "--no-seed", environ=environ)
    with shop.http:
        assert shop.client().ask("{ categories { name } }") == {"categories": []}
    assert stop(shop.process) == 0
    assert sorted(path.name for path in data.iterdir()) == ["keys", "provider", "stack.lock"]


def test_the_next_start_finds_the_data_again_even_after_a_kill() -> None:
    data = data_directory()
    first = start(data)
    with first.http:
        client = first.client().log_in("ada@example.com")
        assert client.ask(_ADD % (_ADDRESS % "1 First Street"))["addAddress"]["errors"] == []
    assert stop(first.process) == 0
    assert _users_of(data) == []

    second = start(data)
    with second.http:
        # the session lived in Redis, which kept it too
        client.http = second.http
        assert "1 First Street" in {each["street"] for each in client.ask(_STREETS)["me"]["addresses"]}
        assert client.ask(_ADD % (_ADDRESS % "2 Second Street"))["addAddress"]["errors"] == []
    orphan = int((data / "redis" / "redis.pid").read_text().split()[0])
    second.process.send_signal(signal.SIGKILL)
    second.process.wait()

    third = start(data)
    assert not psutil.pid_exists(orphan)
    with third.http:
        client.http = third.http
        streets = {each["street"] for each in client.ask(_STREETS)["me"]["addresses"]}
        assert {"1 First Street", "2 Second Street"} <= streets
    assert stop(third.process) == 0
    assert _users_of(data) == []
