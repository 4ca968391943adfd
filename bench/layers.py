"""What the ten reference queries cost from end to end, in CPU milliseconds by layer, and what limits each.

    python bench/layers.py --data DIR [--scale 1] [--rounds 30]

Method: the whole shop runs in this process, PostgreSQL beside it. A query is watched once: which requests go to which
subgraph, which statements to which database. Then each layer is repeated alone, interleaved round by round, and its
CPU time taken: the whole query; its subgraph requests without the router; its statements without GraphQL, parsed and
turned into Python objects by the driver. The difference between neighbours is a layer: router, Strawberry (with our
resolvers), data access. PostgreSQL is the CPU time of its processes during the statements alone. Medians of rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil

from bench.shop import QUERIES, Passed, Shop, environment, running

_COLUMNS = ("query", "answer KB", "requests", "SQL", "whole", "router", "Strawberry", "data access", "PostgreSQL")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="data directory; filled when it is new")
    parser.add_argument("--scale", type=int, default=1, help="times the demo shop, when it is filled")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    with environment(options.data, options.scale) as environ:
        asyncio.run(measure(environ, options.rounds))


async def measure(environ: dict[str, str], rounds: int) -> None:
    print(f"| {' | '.join(_COLUMNS)} |")
    print("|---" * len(_COLUMNS) + "|")
    async with running(environ) as shop:
        for name in QUERIES:
            await report(shop, name, rounds)


async def report(shop: Shop, name: str, rounds: int) -> None:
    """One line of the table."""
    passed = await shop.watch(name)
    size = len((await shop.ask(name)).content)
    layers: dict[str, Callable[[], Awaitable[None]]] = {
        "whole": lambda: _whole(shop, name),
        "subgraphs": lambda: _subgraphs(shop, passed),
        "statements": lambda: _statements(passed),
    }
    spent: dict[str, list[float]] = {key: [] for key in (*layers, "postgres")}
    servers = await _servers(passed)
    for _ in range(rounds):
        for key, layer in layers.items():
            before, beside = time.process_time(), _seconds(servers)
            await layer()
            spent[key].append((time.process_time() - before) * 1000)
            if key == "statements":
                spent["postgres"].append((_seconds(servers) - beside) * 1000)
    own = {key: statistics.median(values) for key, values in spent.items() if key != "postgres"}
    postgres = statistics.mean(spent["postgres"])  # counted in ticks of 10 ms: only the mean says something
    print(
        f"| {name} | {size / 1000:.1f} | {len(passed.requests)} | {len(passed.statements)} | {own['whole']:.2f} "
        f"| {own['whole'] - own['subgraphs']:.2f} | {own['subgraphs'] - own['statements']:.2f} "
        f"| {own['statements']:.2f} | {postgres:.2f} |",
        flush=True,
    )


async def _whole(shop: Shop, name: str) -> None:
    await shop.ask(name)


async def _subgraphs(shop: Shop, passed: Passed) -> None:
    for request in passed.requests:
        await shop.transports[request.room].post(request.body, request.headers, 30.0)


async def _statements(passed: Passed) -> None:
    for statement in passed.statements:
        await statement.run()


async def _servers(passed: Passed) -> list[psutil.Process]:
    """The PostgreSQL server and its backends, which stay while their pools do."""
    backend = psutil.Process(await passed.statements[0].database.fetch_value("SELECT pg_backend_pid()"))
    server = backend.parent()
    assert server is not None
    return [server, *server.children()]


def _seconds(processes: list[psutil.Process]) -> float:
    """CPU seconds that they have used so far."""
    return sum(each.cpu_times().user + each.cpu_times().system for each in processes if each.is_running())


if __name__ == "__main__":
    main()
