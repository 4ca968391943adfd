"""What executing a plan costs, in CPU time of this process, with answers from memory.

    python bench/executor.py [--products 20] [--reviews 20] [--seconds 2]

Method: a plan of three fetches in three stages over ``products x reviews`` objects. ``whole`` is one execution up to
the response's bytes: encoding requests, parsing answers, collecting and de-duplicating representations, merging,
shaping, serialising; only the transport is a table look-up. ``shape`` is the generated reading of the response from
the merged data, ``walk`` the exact completion of the same data, which walks the response fields. Each figure is the
best of five rounds, since noise only adds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import orjson
import uvloop
from graphql import parse

from router.composition.compose import compose
from router.composition.subgraph.subgraph import SubgraphSource
from router.executor import Headers, RequestContext, SubgraphResponse, compile_plan
from router.executor.completion import complete
from router.planner import Planner
from router.supergraph import Supergraph

LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"]) '
SDL = {
    "catalog": """
        type Query { products: [Product!]! }
        type Product @key(fields: "id") { id: ID! name: String! price: Int }
    """,
    "reviews": """
        type Product @key(fields: "id") { id: ID! reviews: [Review!]! }
        type Review @key(fields: "id") { id: ID! body: String! stars: Int author: User }
        type User @key(fields: "id") { id: ID! }
    """,
    "users": 'type User @key(fields: "id") { id: ID! name: String! city: String }',
}
OPERATION = "{ products { id name price reviews { id body stars author { id name city } } } }"


class Memory:
    """Answers a request from a table; what is not in it is made once."""

    def __init__(self, make: Callable[[list[Any]], Any]) -> None:
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


def transports(products: int, reviews: int) -> dict[str, Memory]:
    def reviewed(representation: dict[str, str]) -> dict[str, Any]:
        number = int(representation["id"])
        found = range(number * reviews, (number + 1) * reviews)
        return {
            "__typename": "Product",
            "reviews": [
                {"id": str(i), "body": "It does what it says. " * 4, "stars": i % 5, "author": {"id": str(i % 50)}}
                for i in found
            ],
        }

    listed = [{"id": str(i), "name": f"Product {i}", "price": i * 10} for i in range(products)]
    return {
        "catalog": Memory(lambda _: {"products": listed}),
        "reviews": Memory(lambda sent: {"_entities": [reviewed(item) for item in sent]}),
        "users": Memory(lambda sent: {"_entities": [{"name": f"User {i['id']}", "city": "Oslo"} for i in sent]}),
    }


def best(call: Callable[[], Any], seconds: float) -> float:
    """Milliseconds of CPU per call."""
    found = float("inf")
    for _ in range(5):
        count, began = 0, time.process_time()
        while time.process_time() - began < seconds / 5:
            call()
            count += 1
        found = min(found, (time.process_time() - began) / count)
    return found * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=20)
    parser.add_argument("--reviews", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    composed = compose([SubgraphSource(name, f"http://{name}", LINK + sdl) for name, sdl in SDL.items()])
    if composed.supergraph_sdl is None:
        raise SystemExit(str(composed.errors))
    supergraph = Supergraph.from_sdl(composed.supergraph_sdl)
    plan = Planner(supergraph).plan(parse(OPERATION), None)
    began = time.process_time()
    executable = compile_plan(plan, supergraph.api_schema)
    compiling = (time.process_time() - began) * 1000
    context = RequestContext(transports(options.products, options.reviews))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:

        async def execute_many() -> None:
            for _ in range(20):
                (await executable.execute(context)).to_bytes()

        response = runner.run(executable.execute(context))
        if response.errors or response.data is None:
            raise SystemExit(str(response.errors))
        data = response.data  # holds all that is selected, so it serves as merged data too
        report = {
            "python": sys.version.split()[0],
            "answer_bytes": len(response.to_bytes()),
            "fetches": len(response.fetches),
            "compile_ms": compiling,
            "whole_ms": best(lambda: runner.run(execute_many()), options.seconds) / 20,
            "shape_ms": best(lambda: executable.shape(data, {}), options.seconds),
            "walk_ms": best(lambda: complete(plan, supergraph.api_schema, data, {}, []), options.seconds),
        }
    print(json.dumps({key: round(value, 4) if isinstance(value, float) else value for key, value in report.items()}))


if __name__ == "__main__":
    main()
