"""``python -m router serve`` as a process of its own, with the village's subgraphs on real ports behind it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import psutil
from starlette.types import Receive, Scope, Send

from tests.router.gateway.village import SUPERGRAPH, Subgraph, Village
from tests.router.serving import served

__all__ = ["Router", "serving"]

_EVENT = (
    '{"id":"1","type":"next","payload":{"data":{"born":{"__typename":"Person","id":"1","name":"Ada"}}}}',
    '{"id":"1","type":"next","payload":{"data":null,"errors":[{"message":"no midwife"}]}}',
    '{"id":"1","type":"complete"}',
)


class _OnTheWire:
    """A subgraph for a real server: bodies come in parts, nothing is kept, and each stream has two events."""

    def __init__(self, subgraph: Subgraph) -> None:
        self._subgraph = subgraph

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await _tell_births(receive, send)
        elif scope["type"] == "http":
            body, more = b"", True
            while more:
                message = await receive()
                body += message.get("body", b"")
                more = message.get("more_body", False)

            async def whole() -> dict[str, object]:
                return {"type": "http.request", "body": body}

            await self._subgraph(scope, whole, send)
            self._subgraph.requests.clear()
            self._subgraph.headers.clear()


async def _tell_births(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
    await receive()
    await send({"type": "websocket.send", "text": '{"type":"connection_ack"}'})
    if (await receive())["type"] == "websocket.receive":
        for text in _EVENT:
            await send({"type": "websocket.send", "text": text})
        await receive()


class Router:
    """The running process."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self._log = log
        self._memory = psutil.Process(process.pid).memory_info

    @property
    def rss(self) -> int:
        """Bytes of memory."""
        return int(self._memory().rss)

    @property
    def log(self) -> str:
        """What it has written on standard error."""
        return self._log.read_text(encoding="utf-8", errors="replace")


@asynccontextmanager
async def serving(folder: Path, supergraph: str = SUPERGRAPH, settings: str = "") -> AsyncIterator[Router]:
    """Start everything, and end it. ``settings`` are lines of ``router.yaml``."""
    village = Village()
    async with AsyncExitStack() as stack:
        sdl = supergraph
        for name, subgraph in (("people", village.people), ("notes", village.notes)):
            port = await stack.enter_async_context(served(_OnTheWire(subgraph)))
            sdl = sdl.replace(f"http://{name}.test/graphql", f"http://127.0.0.1:{port}/graphql")
        (folder / "supergraph.graphql").write_text(sdl, encoding="utf-8")
        (folder / "router.yaml").write_text(f"supergraph: {folder}/supergraph.graphql\n{settings}", encoding="utf-8")
        yield await stack.enter_async_context(_process(folder))


@asynccontextmanager
async def _process(folder: Path) -> AsyncIterator[Router]:
    log = folder / "router.log"
    command = [sys.executable, "-m", "router", "serve", "--config", str(folder / "router.yaml"), "--port", "0"]
    with log.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL, stderr=stderr)
    try:
        async with asyncio.timeout(60):
            while "Router ready at " not in log.read_text():
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.02)
        port = int(log.read_text().partition("Router ready at http://127.0.0.1:")[2].partition("/")[0])
        yield Router(process, port, log)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
