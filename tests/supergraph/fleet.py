"""The shop as separate processes that a test can kill and start again, each where and when it wants.

Every service is the real one (``python -m ops serve ROOM``) on a real database and a real Redis, and the payment
provider is the simulator in a process of its own. ``Fleet.start("order", fault="checkout.created")`` makes a process
that kills itself at that point (``subgraphs.kernel.faults``).
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from redis.asyncio import Redis

from ops.local.processes import environment_of, simulator
from ops.reconcile import reconcile
from ops.rooms import ROOMS
from subgraphs.kernel.settings import DatabaseSettings
from tests.fixtures.databases import Databases, RoomDatabases
from tests.fixtures.identities import Identities
from tests.fixtures.postgres import run_directory
from tests.fixtures.redis import RedisServer, running_redis
from tests.supergraph.conftest import free_port

ROOT = Path(__file__).parents[2]
TRADE = ("product", "order", "payment", "notification")
_START_SECONDS = 90


@dataclass
class Fleet:
    """Running processes by name: rooms and ``provider``."""

    databases: Mapping[str, DatabaseSettings]
    environ: dict[str, str]
    directory: Path
    first_port: int
    identities: Identities
    redis: RedisServer
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    provider: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for n, room in enumerate(ROOMS):
            self.environ[f"{room.upper()}_URL"] = f"http://127.0.0.1:{self.first_port + n}"
        self.environ["PAYMENT_SIMULATOR_BOOKS"] = str(self.books)
        self.provider, variables = simulator(self.environ, self.first_port + len(ROOMS))
        self.environ |= variables

    @property
    def books(self) -> Path:
        return self.directory / "books.sqlite"

    def url(self, room: str) -> str:
        return self.environ[f"{room.upper()}_URL"]

    # -- processes --------------------------------------------------------------------------------------------------

    def start(self, *names: str, fault: str | None = None, **environ: str) -> None:
        """Start processes and wait until they are ready; with ``fault`` they die when they come to that point."""
        for name in names:
            command = self.provider if name == "provider" else ["-m", "ops", "serve", name, *self._port(name)]
            own = {**environment_of(name, self.environ), **environ, **({"STOA_FAULT_POINT": fault} if fault else {})}
            with (self.directory / f"{name}.log").open("ab") as log:
                self.running[name] = subprocess.Popen(
                    [sys.executable, *command], env=own, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
                )
        for name in names:
            self._wait_until_ready(name)

    def _port(self, room: str) -> list[str]:
        return ["--port", str(self.first_port + ROOMS.index(room))]

    def _wait_until_ready(self, name: str) -> None:
        url = self.environ["PAYMENT_PROVIDER_URL"] if name == "provider" else f"{self.url(name)}/readyz"
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self.running[name].poll() is not None:
                raise RuntimeError(f"{name} ended:\n{self.log(name)}")
            try:
                if httpx.get(url, timeout=2).status_code < 500:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"{name} is not ready:\n{self.log(name)}")

    def log(self, name: str) -> str:
        return (self.directory / f"{name}.log").read_text()[-5000:]

    def kill(self, name: str) -> None:
        """SIGKILL: nothing is cleaned up."""
        process = self.running.pop(name)
        process.kill()
        process.wait(10)

    def died(self, name: str) -> bool:
        """Whether the process killed itself; it may then be started again."""
        process = self.running[name]
        if process.poll() is None:
            return False
        assert process.returncode == -signal.SIGKILL, self.log(name)
        del self.running[name]
        return True

    def revive(self) -> None:
        """Start what an earlier test left dead."""
        dead = [
            name for name in ("provider", *TRADE) if name not in self.running or self.running[name].poll() is not None
        ]
        if dead:
            self.start(*dead)

    def stop_all(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        self.running.clear()

    # -- the world --------------------------------------------------------------------------------------------------

    async def sql(self, room: str, statement: str, *arguments: object) -> list[Any]:
        """One statement on a room's database."""
        connection: Any = await asyncpg.connect(**self.databases[room].connect_arguments())
        try:
            return await connection.fetch(statement, *arguments)  # type: ignore[no-any-return]
        finally:
            await connection.close()

    async def value(self, room: str, statement: str, *arguments: object) -> Any:
        return (await self.sql(room, statement, *arguments))[0][0]

    async def add_product(self, stock: int, price: str = "20.00") -> UUID:
        key = uuid4()
        await self.sql(
            "product",
            "INSERT INTO products (id, name, sku, slug, price, currency, stock) VALUES ($1, $2, $2, $3, $4, 'USD', $5)",
            key,
            f"LAMP-{key.hex[:8]}",
            f"lamp-{key.hex}",
            Decimal(price),
            stock,
        )
        return key

    async def eventually(
        self, room: str, statement: str, wanted: object, *arguments: object, within: float = 60
    ) -> None:
        """Wait until the statement's value is as wanted."""
        deadline, value = time.monotonic() + within, None
        while time.monotonic() < deadline:
            value = await self.value(room, statement, *arguments)
            if value == wanted:
                return
            await asyncio.sleep(0.2)
        logs = "\n".join(f"-- {name}\n{self.log(name)}" for name in self.running)
        sagas = await self.sql("order", "SELECT * FROM checkout_sagas WHERE next_run_at IS NOT NULL")
        open_rows = "\n".join(str(dict(row)) for row in sagas)
        raise AssertionError(f"{statement} is {value!r}, not {wanted!r}, after {within} s\n{open_rows}\n{logs}")

    async def settle(self, within: float = 15) -> None:
        """Wait until every saga is terminal, nothing is in doubt, and every event has been published and told."""
        await self.eventually(
            "order", "SELECT count(*) FROM checkout_sagas WHERE next_run_at IS NOT NULL", 0, within=within
        )
        for room, open_rows in (
            ("payment", "payment_attempts WHERE next_poll_at IS NOT NULL"),
            ("payment", "refunds WHERE next_run_at IS NOT NULL"),
            ("order", "outbox WHERE published_at IS NULL"),
            ("payment", "outbox WHERE published_at IS NULL"),
        ):
            await self.eventually(room, f"SELECT count(*) FROM {open_rows}", 0, within=max(within, 60))
        for _ in range(180):  # an entry whose consumer died is claimed by another after a minute
            if not await self.findings():
                return
            await asyncio.sleep(0.5)

    async def let_leases_end(self) -> None:
        """Time passes for whoever died: leases are over, and what waits is due."""
        await self.sql(
            "order",
            "UPDATE checkout_sagas SET lease_until = NULL, next_run_at = now() WHERE lease_until IS NOT NULL",
        )
        await self.sql("payment", "UPDATE refunds SET next_run_at = now() WHERE next_run_at IS NOT NULL")

    async def let_a_day_pass(self) -> int:
        """For charges in doubt, of which the provider never heard: it is asked until a day of silence has passed.

        Answers how many such charges there are.
        """
        rows = await self.sql(
            "payment",
            "UPDATE payment_attempts SET created_at = created_at - interval '25 hours', next_poll_at = now() "
            "WHERE status = 'processing' AND provider_reference IS NULL AND next_poll_at IS NOT NULL RETURNING id",
        )
        return len(rows)

    async def let_idle_entries_age(self) -> None:
        """Stream entries that a dead consumer had taken look as if it had been silent for more than a minute."""
        async with Redis.from_url(self.environ["REDIS_URL"]) as redis:
            for room in ROOMS:
                stream = f"events:{room}"
                if not await redis.exists(stream):
                    continue
                for group in await redis.xinfo_groups(stream):
                    for entry in await redis.xpending_range(stream, group["name"], "-", "+", 100):
                        await redis.xclaim(
                            stream, group["name"], entry["consumer"], 0, [entry["message_id"]], idle=61_000, justid=True
                        )

    async def findings(self) -> list[str]:
        """The reconciliation report; nothing is excused for being young."""
        found = await reconcile(self.databases, grace=0.0, books=self.books if self.books.exists() else None)
        return [str(finding) for finding in found]

    async def sold(self, product: UUID) -> int:
        return int(
            await self.value(
                "product",
                "SELECT coalesce(sum(quantity), 0) FROM stock_reservations "
                "WHERE product_id = $1 AND status = 'committed'",
                product,
            )
        )

    async def assert_conserved(self, stocks: Mapping[UUID, int]) -> None:
        """The laws: units, cents and messages; ``stocks`` is what was there at first."""
        assert await self.findings() == []
        for product, initial in stocks.items():
            row = (await self.sql("product", "SELECT stock, reserved FROM products WHERE id = $1", product))[0]
            assert (row["stock"] + await self.sold(product), row["reserved"]) == (initial, 0)
        kept = await self.value("payment", "SELECT coalesce(sum(captured_amount - refunded_amount), 0) FROM payments")
        value = await self.value(
            "order", "SELECT coalesce(sum(total), 0) FROM orders WHERE status NOT IN ('pending', 'cancelled')"
        )
        assert kept == value


@contextmanager
def running_fleet(name: str, databases: Databases, identities: Identities) -> Iterator[Fleet]:
    """Product, order, payment, notification and the provider on databases and a Redis of their own."""
    made = RoomDatabases(databases)
    directory = Path(tempfile.mkdtemp(prefix="fleet-", dir=run_directory()))
    where = {room: made(room) for room in ROOMS}
    with running_redis(name) as redis:
        fleet = Fleet(where, fleet_environ(where, redis.url, identities), directory, free_port(8), identities, redis)
        try:
            fleet.start("provider", *TRADE)
            yield fleet
        finally:
            fleet.stop_all()
    made.drop_all()


@pytest.fixture(scope="session")
def fleet(databases: Databases, worker_id: str, identities: Identities) -> Iterator[Fleet]:
    """A fleet shared by a worker's tests, which leave it running.

    It has a Redis of its own: on the worker's it would take the events of the tests that come later.
    """
    with running_fleet(f"fleet-{worker_id}", databases, identities) as fleet:
        yield fleet


# -- customers ---------------------------------------------------------------------------------------------------------

CHECKOUT = """mutation($input: CheckoutInput!) {
  checkout(input: $input) {
    replayed nextAction { kind } order { id status checkoutState }
    errors { __typename code ... on PaymentDeclinedError { declineCode } }
  }
}"""
ADD = "mutation($p: ID!, $q: Int!) { addToCart(productId: $p, quantity: $q) { cart { version } errors { code } } }"
SET = "mutation($p: ID!, $q: Int!) { setCartLine(productId: $p, quantity: $q) { cart { version } errors { code } } }"
BONN = {"recipient": "Ada", "street": "Main 1", "city": "Bonn", "zipCode": "53111", "country": "DE"}


@dataclass
class Customer:
    """Somebody who asks the order service as the router would; with a ``door``, a router's URL, who asks that."""

    fleet: Fleet
    http: httpx.AsyncClient
    id: UUID = field(default_factory=uuid4)
    door: str | None = None
    token: str | None = None
    """The Authorization header that is known at the door."""

    async def send(self, query: str, variables: Mapping[str, Any], room: str = "order") -> dict[str, Any]:
        """The whole answer; raises TransportError when the service dies over it."""
        headers = {"authorization": self.token or self.fleet.identities.user(self.id)}
        body = {"query": query, "variables": dict(variables)}
        response = await self.http.post(f"{self.door or self.fleet.url(room)}/graphql", json=body, headers=headers)
        answer: dict[str, Any] = response.json()
        return answer

    async def put(self, product: UUID, quantity: int = 1) -> int:
        """The cart's version with the product in it."""
        answer = await self.send(ADD, {"p": str(product), "q": quantity})
        payload = answer["data"]["addToCart"]
        assert payload["errors"] == []
        return int(payload["cart"]["version"])

    async def set_line(self, product: UUID, quantity: int) -> int:
        """The cart's version with exactly so many of the product in it: may be repeated."""
        answer = await self.send(SET, {"p": str(product), "q": quantity})
        payload = answer["data"]["setCartLine"]
        assert payload["errors"] == []
        return int(payload["cart"]["version"])

    def order_for(self, version: int, total: str, **changes: Any) -> dict[str, Any]:
        return {
            "idempotencyKey": uuid4().hex,
            "cartVersion": version,
            "expectedTotal": total,
            "currency": "USD",
            "shippingAddress": BONN,
            "paymentToken": "tok_visa",
            **changes,
        }

    async def checkout(self, input: Mapping[str, Any]) -> dict[str, Any]:
        """The payload; raises TransportError when the service dies over it."""
        answer = await self.send(CHECKOUT, {"input": dict(input)})
        if answer.get("errors"):  # also when only a field of the order cannot be read just now
            return {"order": None, "errors": [{"code": answer["errors"][0]["extensions"]["code"]}], "replayed": False}
        payload: dict[str, Any] = answer["data"]["checkout"]
        return payload

    async def until_answered(self, input: Mapping[str, Any], within: float = 60) -> dict[str, Any]:
        """What a client does: repeat the request under its key until there is an answer."""
        deadline, payload = time.monotonic() + within, None
        while time.monotonic() < deadline:
            try:
                payload = await self.checkout(input)
            except httpx.TransportError:
                pass
            else:
                code = payload["errors"][0]["code"] if payload["errors"] else None
                if code not in ("IN_PROGRESS", "SERVICE_UNAVAILABLE") and payload.get("nextAction") is None:
                    return payload
            await asyncio.sleep(0.3)
        raise AssertionError(f"no answer after {within} s, last {payload}")


def fleet_environ(databases: Mapping[str, DatabaseSettings], redis_url: str, identities: Identities) -> dict[str, str]:
    """What the processes need to know; nothing of this process's own environment but where programs are."""
    environ = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    for room, database in databases.items():
        prefix = f"{room.upper()}_DATABASE_"
        environ[f"{prefix}HOST"] = database.host
        environ[f"{prefix}PORT"] = str(database.port)
        environ[f"{prefix}NAME"] = database.name
        environ[f"{prefix}USER"] = database.user
        environ[f"{prefix}PASSWORD"] = database.password
        environ[f"{room.upper()}_STOA_SERVICE_KEY"] = str(identities.service_key(room))
    environ["REDIS_URL"] = redis_url
    environ["STOA_PEER_TIMEOUT"] = "10"  # a busy machine is not what is tested; as long as a checkout's lease allows
    environ["STOA_TRUSTED_JWKS"] = str(identities.trusted_jwks)
    return environ
