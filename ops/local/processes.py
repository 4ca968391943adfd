"""The whole shop as one process per service, over HTTP on loopback, under one supervisor."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException

from ops.local.errors import StartError
from ops.local.serving import claim_port
from ops.rooms import ROOMS, ROOT
from subgraphs.payment.simulator import SECRET, WEBHOOK_SECRET

__all__ = ["environment_of", "run_as_processes", "simulator"]

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


class _StopRequested(BaseException):
    """The operator asked to stop."""


def run_as_processes(environ: Mapping[str, str], host: str, port: int, first_room_port: int, banner: str) -> None:
    """Start eight processes, wait until all are ready, and serve until SIGINT, SIGTERM or the death of one.

    The eighth is the payment provider simulator, unless the environment names a provider.

    Raises ``StartError`` when a port is taken, a process does not become ready, or one ends by itself.
    """
    urls = {f"{room.upper()}_URL": f"http://127.0.0.1:{first_room_port + n}" for n, room in enumerate(ROOMS)}
    for n in range(len(ROOMS) + 1):
        claim_port("127.0.0.1", first_room_port + n).close()
    environ = {**environ, **urls}
    provider: list[str] | None = None
    if "PAYMENT_PROVIDER_URL" not in environ:
        provider, variables = simulator(environ, first_room_port + len(ROOMS))
        environ = {**environ, **variables}
    running: dict[str, subprocess.Popen[bytes]] = {}
    previous = {name: signal.signal(name, _stop) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        if provider is not None:
            running["provider"] = _start(provider, environ)
        for n, room in enumerate(ROOMS):
            command = ["-m", "ops", "serve", room, "--port", str(first_room_port + n)]
            running[room] = _start(command, environment_of(room, environ))
        for room in ROOMS:
            _wait_until_ready(room, f"{urls[f'{room.upper()}_URL']}/readyz", running)
        serve = ["-m", "router", "serve", "--config", str(ROOT / "router.yaml"), "--host", host, "--port", str(port)]
        command = [*serve, "--supergraph", str(ROOT / "schema/supergraph.graphql")]
        running["router"] = _start(command, environment_of("router", environ))
        _wait_until_ready("router", f"http://{host}:{port}/ready", running)
        print(banner, flush=True)  # noqa: T201 - what the command is for
        _wait_for_an_end(running)
    except _StopRequested:
        pass
    finally:
        for name in previous:
            signal.signal(name, signal.SIG_IGN)  # a second Ctrl-C must not leave processes behind
        _stop_all(running)
        for name, handler in previous.items():
            signal.signal(name, handler)


def simulator(environ: Mapping[str, str], port: int) -> tuple[list[str], dict[str, str]]:
    """The command of a payment provider simulator, and the variables that lead the payment service to it."""
    books = environ["PAYMENT_SIMULATOR_BOOKS"]
    command = ["-m", "subgraphs.payment.simulator", "--port", str(port), "--books", books]
    variables = {
        "PAYMENT_PROVIDER_URL": f"http://127.0.0.1:{port}",
        "PAYMENT_PROVIDER_SECRET": SECRET,
        "PAYMENT_WEBHOOK_SECRET": WEBHOOK_SECRET,
    }
    return [*command, "--webhooks", environ["PAYMENT_URL"]], variables


def _stop(*_: object) -> None:
    raise _StopRequested


def environment_of(service: str, environ: Mapping[str, str]) -> dict[str, str]:
    """What one process may know: its own settings, and where the others are; nobody else's password (S-002)."""
    others = tuple(f"{room.upper()}_" for room in ROOMS if room != service)
    return {name: value for name, value in environ.items() if name.endswith("_URL") or not name.startswith(others)}


def _start(arguments: list[str], environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C at the terminal reaches the supervisor alone, which stops the others in order.
    return subprocess.Popen([sys.executable, *arguments], env=dict(environ), cwd=ROOT, start_new_session=True)


def _wait_until_ready(name: str, url: str, running: Mapping[str, subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        _raise_if_ended(running)
        # On loopback a connection to a port that nobody listens on yet may come to itself: it is then its own echo.
        silence = suppress(urllib.error.URLError, HTTPException, OSError)
        with silence, urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise StartError(f"The {name} did not become ready within {_START_SECONDS:.0f} s; see {url}.")


def _wait_for_an_end(running: Mapping[str, subprocess.Popen[bytes]]) -> None:
    while True:
        _raise_if_ended(running)
        time.sleep(0.2)


def _raise_if_ended(running: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for name, process in running.items():
        if process.poll() is not None:
            raise StartError(f"The {name} process ended with code {process.returncode}; its last words are above.")


def _stop_all(running: Mapping[str, subprocess.Popen[bytes]]) -> None:
    """The router first, so that no request meets a stopped service."""
    for name in sorted(running, key=lambda name: name != "router"):
        running[name].terminate()
        if name == "router":
            _wait(running[name])
    for process in running.values():
        _wait(process)


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
