"""How the cost of a request grows: with the answer, its entities, the stages of its plan, and the subgraphs behind it.

    python bench/growth.py [--seconds 0.4] [--series answer,entities,stages,subgraphs] [--json]

Method: supergraphs made for the purpose, composed, planned and served by the whole gateway, asked through its ASGI
interface. Subgraphs answer from memory, so the figures are this process's CPU time for everything but sockets. Each is
the best of ten rounds, since noise only adds. ``stages`` asks subgraphs that need each other's fields one after the
other; ``subgraphs`` asks one field of each, in one stage.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import uvloop

from router.composition.compose import compose
from router.composition.subgraph.subgraph import SubgraphSource
from router.executor import Headers, SubgraphResponse
from router.gateway import GatewayConfig, create_app
from router.gateway.config import TelemetryConfig

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external", "@requires"]) '
)
ROUNDS = 10


@dataclass
class Case:
    """A size of a series: the subgraphs' SDL, what each answers, and the query."""

    size: int
    sdl: dict[str, str]
    answers: dict[str, Callable[[list[dict[str, Any]]], Any]]
    query: str


class Memory:
    """Answers a request from a table; what is not in it is made once, from the representations sent."""

    def __init__(self, make: Callable[[list[dict[str, Any]]], Any]) -> None:
        self._make = make
        self._answers: dict[bytes, SubgraphResponse] = {}

    async def post(self, body: bytes, headers: Headers, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109
        answer = self._answers.get(body)
        if answer is None:
            sent = next(iter(orjson.loads(body).get("variables", {"": []}).values()))
            text = orjson.dumps({"data": self._make(sent)})
            answer = self._answers[body] = SubgraphResponse(200, "application/json", text)
        return answer

    async def aclose(self) -> None:
        return None


def entities(make: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[list[dict[str, Any]]], Any]:
    return lambda sent: {"_entities": [make(representation) for representation in sent]}


def answer_series() -> Iterator[Case]:
    """One call; the list grows."""
    sdl = {
        "catalog": """
            type Query { items: [Item!]! }
            type Item { id: ID! name: String! text: String price: Int ok: Boolean! }
        """
    }
    for size in (1, 10, 100, 1_000, 10_000):
        items = [
            {"id": str(i), "name": f"Item {i}", "text": "It does. " * 4, "price": i, "ok": True} for i in range(size)
        ]
        yield Case(
            size, sdl, {"catalog": lambda _, items=items: {"items": items}}, "{ items { id name text price ok } }"
        )


def entity_series() -> Iterator[Case]:
    """Two calls; the second completes as many distinct entities as the first has listed."""
    sdl = {
        "catalog": 'type Query { items: [Item!]! } type Item @key(fields: "id") { id: ID! name: String! }',
        "stock": 'type Item @key(fields: "id") { id: ID! count: Int! place: String }',
    }
    for size in (1, 10, 100, 1_000, 10_000):
        items = [{"id": str(i), "name": f"Item {i}"} for i in range(size)]
        stock = entities(lambda item: {"count": int(item["id"]), "place": "Oslo"})
        answers = {"catalog": lambda _, items=items: {"items": items}, "stock": stock}
        yield Case(size, sdl, answers, "{ items { id name count place } }")


def stage_series() -> Iterator[Case]:
    """As many calls as stages: each field requires the one before it."""
    for size in (1, 2, 4, 8, 16):
        sdl = {"s0": 'type Query { item: Item } type Item @key(fields: "id") { id: ID! f0: Int }'}
        answers: dict[str, Any] = {"s0": lambda _: {"item": {"id": "1", "f0": 0}}}
        for number in range(1, size):
            own, needed = f"f{number}", f"f{number - 1}"
            fields = f'id: ID! {needed}: Int @external {own}: Int @requires(fields: "{needed}")'
            sdl[f"s{number}"] = f'type Item @key(fields: "id") {{ {fields} }}'
            answers[f"s{number}"] = entities(lambda item, own=own, needed=needed: {own: item[needed] + 1})
        yield Case(size, sdl, answers, f"{{ item {{ id f{size - 1} }} }}")


def subgraph_series() -> Iterator[Case]:
    """One call to each subgraph, all but the first at once."""
    for size in (2, 5, 10, 20, 50, 100):
        sdl = {"s0": 'type Query { item: Item } type Item @key(fields: "id") { id: ID! f0: Int }'}
        answers: dict[str, Any] = {"s0": lambda _: {"item": {"id": "1", "f0": 0}}}
        for number in range(1, size):
            sdl[f"s{number}"] = f'type Item @key(fields: "id") {{ id: ID! f{number}: Int }}'
            answers[f"s{number}"] = entities(lambda _, number=number: {f"f{number}": number})
        yield Case(size, sdl, answers, f"{{ item {{ id {' '.join(f'f{n}' for n in range(size))} }} }}")


SERIES = {"answer": answer_series, "entities": entity_series, "stages": stage_series, "subgraphs": subgraph_series}


async def measure(case: Case, seconds: float) -> dict[str, Any]:
    began = time.process_time()
    composed = compose([SubgraphSource(name, f"http://{name}", LINK + sdl) for name, sdl in case.sdl.items()])
    if composed.supergraph_sdl is None:
        raise SystemExit(str(composed.errors))
    composing = time.process_time() - began
    transports = {name: Memory(make) for name, make in case.answers.items()}
    config = GatewayConfig(telemetry=TelemetryConfig(access_log=False))
    began = time.process_time()
    app = create_app(config, composed.supergraph_sdl, transports)
    loading = time.process_time() - began
    body = orjson.dumps({"query": case.query})

    async def ask() -> bytes:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": HEADERS}
        await app(scope, receive, send)
        return bytes(sent[1]["body"])

    began = time.process_time()
    answer = await ask()
    first = time.process_time() - began
    if b'"errors"' in answer:
        raise SystemExit(answer.decode())
    began = time.process_time()
    await ask()
    again = time.process_time() - began
    times = []
    for _ in range(ROUNDS):
        count, began = 0, time.process_time()
        while (spent := time.process_time() - began) < seconds / ROUNDS:
            await ask()
            count += 1
        times.append(spent / count)
    return {
        "size": case.size,
        "calls": len(transports),
        "answer_bytes": len(answer),
        "request_us": min(times) * 1e6,
        "plan_ms": max(0.0, first - again) * 1000,
        "compose_ms": composing * 1000,
        "load_ms": loading * 1000,
    }


HEADERS = [(b"content-type", b"application/json"), (b"accept", b"application/json")]


def table(name: str, rows: list[dict[str, Any]]) -> str:
    head = [name, "calls", "answer", "CPU per request", "reading, planning and compiling it", "composing", "loading"]
    lines = [f"| {' | '.join(head)} |", f"|{'---:|' * len(head)}"]
    lines += [
        f"| {row['size']:,} | {row['calls']} | {row['answer_bytes']:,} B | {row['request_us']:,.0f} µs "
        f"| {row['plan_ms']:,.1f} ms | {row['compose_ms']:,.0f} ms | {row['load_ms']:,.0f} ms |"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.4, help="CPU time for each figure")
    parser.add_argument("--series", default=",".join(SERIES))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    gc.set_threshold(50_000, 10, 10)  # as the server sets it
    report = {
        name: [uvloop.run(measure(case, options.seconds)) for case in SERIES[name]()]
        for name in options.series.split(",")
    }
    if options.json:
        print(json.dumps({"python": sys.version.split()[0], **report}))
    else:
        print("\n\n".join(table(name, rows) for name, rows in report.items()))


if __name__ == "__main__":
    main()
