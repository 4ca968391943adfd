"""Other Federation routers from npm, each a process of its own that serves one supergraph on loopback."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

HERE = Path(__file__).parent
_START_SECONDS = 60


def same(sdl: str) -> str:
    return sdl


def without_security_links(sdl: str) -> str:
    """Without the links that a router must understand or refuse; the directives stay as plain ones."""
    return re.sub(r'\n +@link\(url: "[^"]*/(?:authenticated|requiresScopes|policy)/[^"]*", for: SECURITY\)', "", sdl)


@dataclass(frozen=True, slots=True)
class Peer:
    """A router: how it is started, and what it needs changed in a supergraph before it takes it."""

    name: str
    command: Callable[[Path, int], list[str]]
    prepared: Callable[[str], str] = same

    def start(self, installed: Path, sdl: str, port: int) -> subprocess.Popen[bytes]:
        """Serve ``sdl``; returns once GraphQL is answered. Raises ``RuntimeError`` with what it printed."""
        supergraph = installed / f"{self.name}.graphql"
        supergraph.write_text(self.prepared(sdl))
        printed = installed / f"{self.name}.log"
        with printed.open("wb") as log:
            process = subprocess.Popen(
                self.command(supergraph, port), cwd=installed, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(httpx.TransportError):
                answer = httpx.post(f"http://127.0.0.1:{port}/graphql", json={"query": "{ __typename }"}, timeout=5)
                if answer.status_code == 200:
                    return process
            time.sleep(0.2)
        stop(process)
        raise RuntimeError(f"{self.name} does not serve the supergraph:\n{printed.read_text()[-4000:]}")


def _apollo(supergraph: Path, port: int) -> list[str]:
    return ["node", "apollo.mjs", str(supergraph), str(port)]


def _hive(supergraph: Path, port: int) -> list[str]:
    options = ["--config-path", "hive.config.mjs", "--host", "127.0.0.1", "--port", str(port)]
    return ["node", "node_modules/@graphql-hive/gateway/dist/bin.js", "supergraph", str(supergraph), *options]


PEERS = (
    # It knows neither @authenticated nor @requiresScopes and refuses links to them: who may see what is then up to
    # the subgraphs alone, and the answers to compare are those of callers who may see all they ask for.
    Peer("apollo", _apollo, without_security_links),
    Peer("hive", _hive),
)


def install(directory: Path) -> None:
    """The locked packages into a directory outside the repository."""
    for pattern in ("package*.json", "*.mjs", ".npmrc"):
        for path in HERE.glob(pattern):
            shutil.copy(path, directory)
    if not (directory / "node_modules" / ".package-lock.json").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=directory, check=True)


def at(sdl: str, urls: Mapping[str, str]) -> str:
    """The supergraph with other routing URLs."""
    return re.sub(
        r'@join__graph\(name: "(\w+)", url: "[^"]*"\)',
        lambda found: f'@join__graph(name: "{found[1]}", url: "{urls[found[1]]}")',
        sdl,
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
