"""The whole shop as its users meet it: started by ``stoa up``, asked over HTTP, in both of its forms."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from ops.rooms import ROOMS
from ops.seed.accounts import DEMO_PASSWORD
from tests.fixtures.postgres import run_directory
from tests.supergraph.collectors import let_in

ROOT = Path(__file__).parents[2]
_START_SECONDS = 120
_FIRST_PORT, _PORTS = 10_000, 22_000  # below 32768, where Linux begins to number outgoing connections


@dataclass(slots=True)
class Client:
    """One caller of the shop's graph; anonymous until it logs in."""

    http: httpx.Client
    token: str | None = None
    last: dict[str, Any] = field(default_factory=dict)

    def send(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The whole response."""
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        answer = self.http.post("/graphql", json={"query": query, "variables": variables or {}}, headers=headers)
        self.last = answer.json()
        return self.last

    def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """``data`` of a response that must have no errors."""
        answer = self.send(query, variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def log_in(self, email: str, password: str = DEMO_PASSWORD) -> Client:
        mutation = (
            "mutation($email: String!, $password: String!) { login(email: $email, password: $password) "
            "{ tokens { accessToken } errors { code message } } }"
        )
        payload = self.ask(mutation, {"email": email, "password": password})["login"]
        assert payload["errors"] == []
        self.token = payload["tokens"]["accessToken"]
        return self

    @property
    def statements(self) -> dict[str, list[int]]:
        """SQL statements of the last answer: for each subgraph one number per request it was sent."""
        counted = self.last["extensions"]["sql"]
        return {room: [each["statements"] for each in values] for room, values in counted.items()}


@dataclass(frozen=True, slots=True)
class Shop:
    """A started shop."""

    url: str
    process: subprocess.Popen[str]
    data: Path
    http: httpx.Client

    def room_url(self, room: str) -> str:
        """Where a room is reached past the router, in the form in which each is a process."""
        host, _, port = self.url.rpartition(":")
        return f"{host}:{int(port) + 1 + ROOMS.index(room)}"

    def client(self) -> Client:
        """A new caller, over the connections that all callers of this test process share."""
        return Client(self.http)


def free_port(count: int = 1) -> int:
    """The first of ``count`` ports in a row that nobody has, and that the system gives to no outgoing connection."""
    while True:
        first = _FIRST_PORT + secrets.randbelow(_PORTS - count)
        if all(_is_free(first + n) for n in range(count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def start(data: Path, *options: str, environ: Mapping[str, str] | None = None) -> Shop:
    """``stoa up`` in a process of its own; returns once it says that it is open."""
    port = free_port(8)
    command = [sys.executable, "-m", "ops", "up", "--data", str(data), "--port", str(port), *options]
    with (data.parent / f"{data.name}.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--first-room-port", str(port + 1)],
            cwd=ROOT,
            env={**os.environ, "STOA_EXPOSE_SQL": "1", "STOA_ACCESS_LOG": "false", **(environ or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError((data.parent / f"{data.name}.log").read_text())
        try:
            if httpx.get(f"{url}/ready", timeout=2).status_code == 200:
                return Shop(url, process, data, httpx.Client(base_url=url, timeout=30))
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    stop(process)
    raise RuntimeError((data.parent / f"{data.name}.log").read_text())


def stop(process: subprocess.Popen[str]) -> int:
    """Ctrl-C; returns the exit code."""
    process.send_signal(signal.SIGINT)
    try:
        return process.wait(40)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def data_directory() -> Path:
    """A place for a shop's data that the unprivileged account of the embedded PostgreSQL can reach, too.

    Not pytest's own: another run of pytest closes those to other accounts.
    """
    return Path(tempfile.mkdtemp(prefix="shop-", dir=run_directory())) / "data"


@pytest.fixture(scope="session", params=["one process", "processes"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """The demo shop in each form, shared by all tests of a worker: a test changes only what it made."""
    options = ["--processes"] if request.param == "processes" else []
    started = start(data_directory(), *options, environ={"PRODUCT_CATALOG_CACHE": "off"})  # its statements are counted
    let_in(started.data)
    yield started
    started.http.close()
    assert stop(started.process) == 0


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker per form of the shop, so that each is started once in a run."""
    for item in items:
        form = getattr(item, "callspec", None) and item.callspec.params.get("shop")  # type: ignore[attr-defined]
        if form:
            item.add_marker(pytest.mark.xdist_group(form))
