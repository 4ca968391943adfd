"""A process that serves the shop's supergraph and ever new ones in turn, under load, keeps nothing of the old ones.

Ordinary runs swap a few times and count what is alive. ``make robust``, or ``STOA_LONG=1 pytest -s
tests/router/test_reloads.py``, swaps 1 000 times, prints memory on the way, and asks that it stays flat
(``RELOADS`` sets how often).
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from router.composition import SubgraphSource, compose
from router.executor import EncodedHeaders
from router.gateway.config import LimitsConfig
from router.gateway.errors import RequestError
from router.gateway.operations import OperationReader
from router.supergraph import Supergraph
from tests.router.planner.oracle import Operations, Subgraph, World
from tests.router.planner.test_against_one_schema import shop
from tests.router.serving import served

LONG = "STOA_LONG" in os.environ
SWAPS = int(os.environ.get("RELOADS", "1000" if LONG else "8"))
COUNTING = """
import signal, sys, weakref
from router.gateway.engine import Engine
from router.__main__ import main
alive, make = weakref.WeakSet(), Engine.__init__
def remembered(self, *arguments): make(self, *arguments); alive.add(self)
Engine.__init__ = remembered
signal.signal(signal.SIGUSR1, lambda *_: print("engines", len(alive), file=sys.stderr, flush=True))
sys.exit(main(sys.argv[1:]))
"""
"""The command line, with a signal that counts the engines in memory: those that cycles keep, too."""


async def test_old_supergraphs_are_freed(tmp_path: Path) -> None:
    supergraph, sdls = shop()
    async with served(_AllSubgraphs(supergraph, sdls)) as port, _router(tmp_path, _composed(sdls, port, 0)) as router:
        load = Load(router.port, supergraph)
        working = [asyncio.create_task(one) for one in load.workers()]
        memory: dict[int, int] = {}
        for number in range(1, SWAPS + 1):
            await router.swap(_composed(sdls, port, number), number)
            await load.is_answered()
            if number % 100 == 0:
                memory[number] = router.rss
                alive = await router.engines()
                print(
                    f"{number} swaps: {memory[number] / 1e6:.1f} MB, {alive} engines, {dict(load.counts)}", flush=True
                )
                assert alive <= 3, f"{alive} engines after {number} swaps"
        load.ended = True
        await asyncio.gather(*working)
        await router.swap(_composed(sdls, port, SWAPS + 1), SWAPS + 1)
        assert await router.engines() == 1
        assert not load.wrong, load.wrong[:5]
        assert load.counts["reload told by sse"] >= SWAPS // 4
        assert load.counts["reload told by websocket"] >= SWAPS // 4
        assert load.counts["answers"] >= SWAPS
        if SWAPS >= 300:
            assert memory[SWAPS // 100 * 100] < memory[100] * 1.05, memory


def _composed(sdls: Mapping[str, str], port: int, number: int) -> str:
    """The shop's supergraph, and every other time one with a type that there never was before."""
    sources = {name: f"http://127.0.0.1:{port}/{name}" for name in sdls}
    sdl = _BASE.get(port)
    if sdl is None:
        result = compose([SubgraphSource(name, url, sdls[name]) for name, url in sources.items()])
        assert result.supergraph_sdl is not None
        sdl = _BASE[port] = result.supergraph_sdl
    if number % 2 == 0:
        return sdl
    extra = (
        f'"{number}" type Extra{number} @join__type(graph: PRODUCT, key: "id") {{ id: ID! it{number}: Extra{number} }}'
    )
    return f"{sdl}\n{extra}\n"


_BASE: dict[int, str] = {}


class Load:
    """Requests of every kind, all the time: more than one is open whenever the supergraph is swapped."""

    def __init__(self, port: int, supergraph: Supergraph) -> None:
        self.ended = False
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._url = f"http://127.0.0.1:{port}/graphql"
        self._operations = list(_operations(supergraph, 8))

    async def is_answered(self) -> None:
        """Wait for one more answer: a quick machine would swap between two of them."""
        before = self.counts["answers"]
        async with asyncio.timeout(60):
            while self.counts["answers"] == before:  # noqa: ASYNC110 - a counter
                await asyncio.sleep(0.005)

    def workers(self) -> Iterator[Coroutine[Any, Any, None]]:
        yield self._repeat(self._ask)
        yield self._repeat(self._defer)
        yield self._repeat(self._follow_events)
        yield self._repeat(self._follow_messages)

    async def _repeat(self, step: Callable[[httpx.AsyncClient], Coroutine[Any, Any, None]]) -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            while not self.ended:
                try:
                    await step(client)
                except (httpx.HTTPError, OSError, TimeoutError, LookupError, ValueError) as error:
                    self.wrong.append(f"{step.__name__}: {error!r}")
                    return

    async def _ask(self, client: httpx.AsyncClient) -> None:
        operation, variables = random.choice(self._operations)  # noqa: S311 - no secret
        answer = (await client.post(self._url, json={"query": operation, "variables": variables})).json()
        codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
        if "data" not in answer or codes - {"UNAUTHORIZED_FIELD_OR_TYPE"}:
            self.wrong.append(f"{answer} to {operation}")
        self.counts["answers"] += 1
        await asyncio.sleep(0.1)

    async def _defer(self, client: httpx.AsyncClient) -> None:
        query = '{ product(by: {id: "7"}) { id ... @defer { name rating { average } } } }'
        accept = {"accept": "multipart/mixed;incrementalSpec=v0.2"}
        text = (await client.post(self._url, json={"query": query}, headers=accept)).text
        if '"hasNext":false' not in text or '"errors"' in text:
            self.wrong.append(text)
        self.counts["deferred"] += 1
        await asyncio.sleep(0.1)

    async def _follow_events(self, client: httpx.AsyncClient) -> None:
        body = {"query": _FOLLOW}
        async with client.stream("POST", self._url, json=body, headers={"accept": "text/event-stream"}) as stream:
            async for line in stream.aiter_lines():
                if "SUBSCRIPTION_SCHEMA_RELOAD" in line:
                    self.counts["reload told by sse"] += 1
                elif line.startswith("data: {"):
                    self.wrong.append(line)
                if self.ended:
                    return

    async def _follow_messages(self, _: httpx.AsyncClient) -> None:
        subprotocol = Subprotocol("graphql-transport-ws")
        async with connect(self._url.replace("http", "ws"), subprotocols=[subprotocol]) as client:
            await client.send('{"type":"connection_init"}')
            await client.recv()
            for number in range(5):
                await client.send(
                    orjson.dumps({"id": str(number), "type": "subscribe", "payload": {"query": _FOLLOW}}).decode()
                )
                while not self.ended:
                    try:
                        message = orjson.loads(await asyncio.wait_for(client.recv(), 0.2))
                    except TimeoutError:
                        continue
                    if message["payload"][0]["extensions"]["code"] == "SUBSCRIPTION_SCHEMA_RELOAD":
                        self.counts["reload told by websocket"] += 1
                        break
                    self.wrong.append(str(message))


_FOLLOW = 'subscription { stockChanged(productIds: ["7"]) { id name } }'


def _operations(supergraph: Supergraph, count: int) -> Iterator[tuple[str, dict[str, bool]]]:
    reader = OperationReader(supergraph.api_schema, LimitsConfig(), introspection=True)
    seed = 0
    while count:
        seed += 1
        operations = Operations(supergraph.api_schema, seed)
        text = operations.query()
        with suppress(RequestError):
            reader.read(text, None)
            if len(text) < 5000:
                count -= 1
                yield text, operations.variables


class Router:
    """The running process."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, folder: Path) -> None:
        self.port = port
        self._process = process
        self._folder = folder
        self._metrics = f"http://127.0.0.1:{port}/metrics"
        self._asked = 0

    @property
    def rss(self) -> int:
        return int(psutil.Process(self._process.pid).memory_info().rss)

    async def swap(self, sdl: str, number: int) -> None:
        """Serve it, and wait until it is served."""
        (self._folder / "supergraph.graphql").write_text(sdl, encoding="utf-8")
        self._process.send_signal(signal.SIGHUP)
        wanted = f'router_supergraph_reloads_total{{outcome="replaced"}} {number}.0'
        async with asyncio.timeout(120), httpx.AsyncClient() as client:
            while wanted not in (await client.get(self._metrics)).text:  # noqa: ASYNC110 - another process says it
                await asyncio.sleep(0.05)

    async def engines(self) -> int:
        """How many are in memory."""
        self._asked += 1
        self._process.send_signal(signal.SIGUSR1)
        async with asyncio.timeout(20):
            while len(told := _told(self._folder)) < self._asked:  # noqa: ASYNC110 - another process says it
                await asyncio.sleep(0.02)
        return int(told[-1].split()[1])


def _told(folder: Path) -> list[str]:
    lines = (folder / "router.log").read_text().splitlines(keepends=True)
    return [line for line in lines if line.startswith("engines ") and line.endswith("\n")]


@asynccontextmanager
async def _router(folder: Path, sdl: str) -> AsyncIterator[Router]:
    (folder / "supergraph.graphql").write_text(sdl, encoding="utf-8")
    log = folder / "router.log"
    arguments = ("serve", "--supergraph", str(folder / "supergraph.graphql"), "--port", "0")
    with log.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", COUNTING, *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=stderr
        )
    try:
        async with asyncio.timeout(60):
            while "Router ready at " not in log.read_text():
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.02)
        port = int(log.read_text().partition("Router ready at http://127.0.0.1:")[2].partition("/")[0])
        async with asyncio.timeout(20), httpx.AsyncClient() as client:
            while True:
                try:
                    await client.get(f"http://127.0.0.1:{port}/ready")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.02)
        yield Router(process, port, folder)
        text = log.read_text()
        assert "Traceback" not in text, text
        assert '"exception"' not in text, text
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


class _AllSubgraphs:
    """Each at a path of its own name. Answers take a moment; streams are open and silent."""

    def __init__(self, supergraph: Supergraph, sdls: Mapping[str, str]) -> None:
        world = World(supergraph)
        self._subgraphs = {f"/{name}": Subgraph(world, name, sdl) for name, sdl in sdls.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
            await receive()
            await send({"type": "websocket.send", "text": '{"type":"connection_ack"}'})
            while (await receive())["type"] == "websocket.receive":
                pass
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        await asyncio.sleep(random.random() / 20)  # noqa: S311 - no secret
        answer = await self._subgraphs[scope["path"]].post(body, EncodedHeaders([]), 1.0)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})
