"""A service is killed while a person is being forgotten: it ends all the same, once, and nothing is left of the person.

Six real processes; the kill is SIGKILL at a named fault point of the service.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ops.rooms import ROOMS
from subgraphs.kernel.identity import generate_key
from tests.supergraph.fleet import BONN, Customer, Fleet
from tests.supergraph.test_crashes import CANCEL

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("fleet")]

POINTS = [("auth", "erasure.begun"), ("user", "consumer.uncommitted")]
if "STOA_LONG" in os.environ:  # every service, between effect and commit, commit and acknowledgement, stream and mark
    POINTS += [("auth", "erasure.streams_forgotten"), ("user", "consumer.applied")]
    POINTS += [
        (room, point)
        for room in ("product", "order", "payment", "notification")
        for point in ("consumer.uncommitted", "consumer.applied")
    ]
    POINTS += [(room, "outbox.added:2") for room in ROOMS]  # what a new relay repeats comes first
PASSWORD = "correct horse battery"
REGISTER = "mutation($i: RegisterInput!) { register(input: $i) { errors { code } } }"
ERASE = "mutation($p: String!) { eraseAccount(password: $p) { ok errors { code } } }"


@pytest.fixture(scope="module")
def whole_fleet(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """The fleet with the services of accounts and profiles."""
    directory = tmp_path_factory.mktemp("auth")
    key, secret = directory / "key.pem", directory / "secret"
    key.write_bytes(generate_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    secret.write_text("a secret of enough bytes for one-time links")
    fleet.environ |= {"AUTH_TOKEN_KEY": str(key), "AUTH_LINK_SECRET": str(secret)}
    fleet.revive()
    fleet.start("auth", "user")
    yield fleet
    for room in ("auth", "user"):
        if room in fleet.running:
            fleet.kill(room)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=20) as client:
        yield client


async def _live(fleet: Fleet, http: httpx.AsyncClient, name: str) -> Customer:
    """Somebody who registered, bought something and thought better of it."""
    person = {"email": f"{name}@example.com", "password": PASSWORD, "firstName": name, "lastName": "Quux"}
    stranger = Customer(fleet, http)
    answer = await stranger.send(REGISTER, {"i": person}, "auth")
    assert answer["data"]["register"]["errors"] == []
    user: UUID = await fleet.value("auth", "SELECT id FROM users WHERE email = $1", person["email"])
    customer = Customer(fleet, http, user)
    lamp = await fleet.add_product(stock=5)
    wanted = customer.order_for(await customer.put(lamp), "20.00", shippingAddress={**BONN, "recipient": f"{name} Q"})
    order = (await customer.until_answered(wanted))["order"]
    assert (await customer.send(CANCEL, {"id": order["id"]}))["data"]["cancelOrder"]["errors"] == []
    await fleet.eventually("notification", "SELECT count(*) > 2 FROM notifications WHERE user_id = $1", True, user)
    await fleet.eventually("user", "SELECT count(*) FROM user_preferences WHERE user_id = $1", 1, user)
    await fleet.settle(within=60)
    return customer


async def _left(fleet: Fleet, name: str) -> list[str]:
    """Where the name still stands, in any row of the six databases."""
    found = []
    for room in ROOMS:
        tables = await fleet.sql(
            room,
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
            "AND NOT relispartition ORDER BY relname",
        )
        for (table,) in tables:
            if await fleet.value(room, f"SELECT count(*) FROM \"{table}\" t WHERE t::text ILIKE '%{name}%'"):
                found.append(f"{room}.{table}")
    return found


async def _until_complete(fleet: Fleet, user: UUID) -> None:
    deadline = time.monotonic() + 90
    while await fleet.value("auth", "SELECT completed_at IS NULL FROM erasures WHERE user_id = $1", user):
        assert time.monotonic() < deadline, await fleet.sql("auth", "SELECT * FROM erasures WHERE user_id = $1", user)
        # as if the pauses were over, and whoever died had been silent for long
        await fleet.sql("auth", "UPDATE erasures SET next_run_at = now() WHERE completed_at IS NULL")
        await fleet.let_idle_entries_age()
        await asyncio.sleep(2)


@pytest.mark.parametrize(("room", "point"), POINTS)
async def test_forgetting_survives(whole_fleet: Fleet, http: httpx.AsyncClient, room: str, point: str) -> None:
    fleet, name = whole_fleet, f"zenobia{uuid4().hex[:8]}"
    fleet.revive()
    customer = await _live(fleet, http, name)
    assert {"auth.users", "user.user_profiles", "order.orders"} <= set(await _left(fleet, name))
    fleet.kill(room)
    fleet.start(room, fault=point)
    answer: dict[str, Any] = {}
    try:
        answer = await customer.send(ERASE, {"p": PASSWORD}, "auth")
    except httpx.TransportError:
        assert room == "auth"
    else:
        assert answer["data"]["eraseAccount"]["errors"] == []
    deadline = time.monotonic() + 60
    while not fleet.died(room):
        assert time.monotonic() < deadline, f"{room} never came to {point}"
        await fleet.sql("auth", "UPDATE erasures SET next_run_at = now() WHERE pending = '{}'")
        await asyncio.sleep(0.1)
    fleet.start(room)
    await _until_complete(fleet, customer.id)
    assert await _left(fleet, name) == []
    assert await fleet.value("auth", "SELECT pending FROM erasures WHERE user_id = $1", customer.id) == []
    assert await fleet.findings() == []
