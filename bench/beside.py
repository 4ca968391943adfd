"""How long small requests take while a large operation is made ready, in wall time of a router process.

    python bench/beside.py [--only WORDS] [--clients 4] [--blocking]

Method: the router serves the supergraph of an operation of ``tests/router/planner/explosive.py`` over HTTP; a subgraph
answers at once and without data. Clients ask a small operation again two milliseconds after each answer: for two
seconds alone, then as long as the router takes for the large operation, which it has not seen. ``--blocking`` lets it
make every operation ready on the event loop, for comparison. Router and clients have a processor each.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from router.composition import SubgraphSource, compose
from tests.router.planner import explosive
from tests.router.planner.conftest import source

SMALL = {
    "a field of each of twelve subgraphs on every level": "{ r { x0 } }",
    "many keys": "{ list { k0 } }",
    "two thousand aliases": "{ e { c0 } }",
}
CONFIG = "limits: {tokens: 100000, fields: 20000, aliases: 5000, root_fields: 5000}\ntelemetry: {access_log: false}\n"
SERVE = "import sys\nfrom router.__main__ import main\n{before}\nsys.exit(main())"
BLOCKING = "from router.gateway import engine\nengine._LARGE_TEXT = engine._LARGE_FIELDS = 10**9"
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def supergraph(name: str, port: int) -> str:
    """That of an example, with subgraphs that are all at ``port``."""
    make, _ = explosive.EXAMPLES[name]
    sources = [source(subgraph, sdl) for subgraph, sdl in explosive.SOURCES[make]().items()]
    result = compose([SubgraphSource(found.name, f"http://127.0.0.1:{port}/", found.sdl) for found in sources])
    assert result.supergraph_sdl is not None
    return result.supergraph_sdl


async def message(reader: asyncio.StreamReader) -> bytes:
    """The body of the next HTTP message; its head says how long it is."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    return await reader.readexactly(length)


async def subgraph(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers everything with nothing."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        while True:
            await message(reader)
            writer.write(b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"data":{}}')
            await writer.drain()


async def ask(stream: Stream, operation: str) -> bytes:
    reader, writer = stream
    body = json.dumps({"query": operation}).encode()
    head = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    writer.write(head % len(body) + body)
    await writer.drain()
    return await message(reader)


async def connect(port: int) -> Stream:
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            return await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.1)


async def small_requests(port: int, operation: str, taken: list[float]) -> None:
    stream = await connect(port)
    while True:
        began = time.perf_counter()
        answer = await ask(stream, operation)
        taken.append(time.perf_counter() - began)
        assert b'"data"' in answer, answer
        await asyncio.sleep(0.002)


def report(what: str, taken: list[float]) -> None:
    ordered = sorted(taken)
    shares = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for share in (0.5, 0.9, 0.99, 1)]
    print(
        f"{what:32} {len(ordered):6} requests" + "".join(f"{milliseconds:9.1f}" for milliseconds in shares), flush=True
    )


async def measure(large: str, small: str, port: int, subgraph_port: int, clients: int) -> None:
    async with await asyncio.start_server(subgraph, "127.0.0.1", subgraph_port):
        stream = await connect(port)
        await ask(stream, small)
        taken: list[float] = []
        asking = [asyncio.create_task(small_requests(port, small, taken)) for _ in range(clients)]
        await asyncio.sleep(2)
        report("alone", taken)
        taken.clear()
        began = time.perf_counter()
        await ask(stream, large)
        report(f"beside one that takes {time.perf_counter() - began:.1f} s", taken)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)


@contextlib.contextmanager
def router(sdl: str, port: int, before: str) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        config, schema = Path(folder, "router.yaml"), Path(folder, "supergraph.graphql")
        config.write_text(CONFIG)
        schema.write_text(sdl)
        options = ["serve", "--config", str(config), "--supergraph", str(schema), "--port", str(port)]
        root = str(Path(__file__).parents[1])
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE.format(before=before), *options],
            env={**os.environ, "PYTHONPATH": root},
            stderr=subprocess.DEVNULL,
        )
        os.sched_setaffinity(process.pid, {0})
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="operations whose name holds these words")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--blocking", action="store_true", help="as it is without a thread")
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"{'milliseconds':48}" + "".join(f"{share:>9}" for share in ("median", "90 %", "99 %", "most")))
    for name, small in SMALL.items():
        if options.only in name:
            port, subgraph_port = free_port(), free_port()
            print(name)
            with router(supergraph(name, subgraph_port), port, BLOCKING if options.blocking else ""):
                asyncio.run(measure(explosive.EXAMPLES[name][1], small, port, subgraph_port, options.clients))


if __name__ == "__main__":
    main()
