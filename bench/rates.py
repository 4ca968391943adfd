"""What counting requests against a rate limit costs, in CPU time of router processes and of Redis.

    python bench/rates.py [--requests 1000] [--rounds 7]

Method: three routers live side by side over HTTP before a subgraph that answers at once: one without limits, one with a
limit that is never reached, one whose client has long reached it. Redis is the embedded one, as the shop runs it. A
round is a burst at each in turn over 1, 10 and 50 keep-alive connections. Figures are medians; ratios are those of
neighbouring bursts, their median with the lowest and the highest.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import psutil
from beside import ask, connect, free_port, subgraph

sys.path.insert(0, str(Path(__file__).parents[1]))

from ops.local.redis import embedded_redis
from router.composition import SubgraphSource, compose

ROOT = Path(__file__).parents[1]
AT_ONCE = (1, 10, 50)
OPERATION = "{ hello }"
LIMITS = {"without limits": None, "with them": 1_000_000, "refused": 1}


def config(folder: Path, number: int, redis_url: str, operations: int | None) -> Path:
    rate = f"{{operations: {operations}, seconds: 86400}}"
    limits = (
        f"rate_limits: {{redis_url: '{redis_url}', prefix: 'r{number}:', query: {{caller: {rate}, address: {rate}}}}}"
    )
    file = folder / f"{number}.yaml"
    file.write_text("telemetry: {access_log: false}\n" + ("" if operations is None else limits))
    return file


@contextlib.contextmanager
def router(config: Path, supergraph: Path, port: int) -> Iterator[psutil.Process]:
    options = ["serve", "--config", str(config), "--supergraph", str(supergraph), "--port", str(port)]
    process = subprocess.Popen([sys.executable, "-m", "router", *options], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


def cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def burst(port: int, at_once: int, requests: int, refused: bool) -> None:
    async def client() -> None:
        stream = await connect(port)
        for _ in range(requests // at_once):
            answer = await ask(stream, OPERATION)
            assert (b"RATE_LIMITED" in answer) == refused, answer
        stream[1].close()

    await asyncio.gather(*(client() for _ in range(at_once)))


async def measure(
    routers: dict[str, tuple[int, psutil.Process]], redis: psutil.Process, requests: int, rounds: int
) -> None:
    for port, _ in routers.values():
        for _ in range(2):
            await ask(await connect(port), OPERATION)  # planned, and the one that is allowed is used
    for at_once in AT_ONCE:
        spent: dict[str, list[float]] = {name: [] for name in routers}
        counting = []
        for _ in range(rounds):
            for name, (port, process) in routers.items():
                before, counted = cpu(process), cpu(redis)
                await burst(port, at_once, requests, name == "refused")
                spent[name].append((cpu(process) - before) / requests * 1e6)
                if name == "with them":
                    counting.append((cpu(redis) - counted) / requests * 1e6)
        free, limited, refused = spent.values()
        ratios = sorted(after / before for before, after in zip(free, limited, strict=True))
        print(
            f"| {at_once} | {median(free):,.0f} µs | {median(limited):,.0f} µs | {median(refused):,.0f} µs "
            f"| {median(ratios):.2f} [{ratios[0]:.2f}, {ratios[-1]:.2f}] | {median(counting):,.0f} µs |",
            flush=True,
        )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1000, help="of each burst")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with contextlib.ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        redis_url = running.enter_context(embedded_redis(folder / "redis"))
        redis = psutil.Process(int((folder / "redis" / "redis.pid").read_text().split("\n")[0]))
        subgraph_port = free_port()
        result = compose([SubgraphSource("s", f"http://127.0.0.1:{subgraph_port}/", "type Query { hello: String }")])
        assert result.supergraph_sdl is not None
        supergraph = folder / "supergraph.graphql"
        supergraph.write_text(result.supergraph_sdl)
        routers = {}
        for number, (name, operations) in enumerate(LIMITS.items()):
            port, file = free_port(), config(folder, number, redis_url, operations)
            routers[name] = port, running.enter_context(router(file, supergraph, port))
        print("| at once | without limits | with them | refused | ratio | Redis |\n|---:|---:|---:|---:|---:|---:|")
        async with await asyncio.start_server(subgraph, "127.0.0.1", subgraph_port):
            await measure(routers, redis, options.requests, options.rounds)


if __name__ == "__main__":
    asyncio.run(main())
