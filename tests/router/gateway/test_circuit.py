"""A subgraph that is away costs the others' answers neither time nor data, and comes back without a restart."""

from __future__ import annotations

import asyncio
from typing import Any

from router.gateway.config import CircuitConfig, SubgraphConfig
from tests.router.executor.servers import Exchange, serving

QUERY = "{ hello }"


async def test_it_is_left_alone_and_tried_again(serve: Any, village: Any) -> None:
    away = True

    async def answer(exchange: Exchange) -> None:
        if away:
            exchange.reset()
        else:
            await exchange.reply(b'{"data":{"hello":"world"}}')

    del village.transports["people"]
    async with serving(answer) as server:
        reached = {"people": SubgraphConfig(url=server.url)}
        async with serve(subgraphs=reached, circuit=CircuitConfig(3, 1.0)) as client:
            for _ in range(20):
                told = await client.ask(QUERY)
                assert told["data"] == {"hello": None}
                assert [error["extensions"]["code"] for error in told["errors"]] == ["SUBREQUEST_HTTP_ERROR"]
            assert 3 <= len(server.exchanges) < 20
            assert 'router_subgraph_circuit_open{subgraph="people"} 1.0' in (await client.get("/metrics")).text
            away = False
            async with asyncio.timeout(30):
                told = await client.ask(QUERY)
                while "errors" in told:
                    await asyncio.sleep(0.02)
                    told = await client.ask(QUERY)
            assert told == {"data": {"hello": "world"}}
            assert 'router_subgraph_circuit_open{subgraph="people"} 0.0' in (await client.get("/metrics")).text


async def test_it_can_be_switched_off(serve: Any, village: Any) -> None:
    async def reset(exchange: Exchange) -> None:
        exchange.reset()

    del village.transports["people"]
    async with serving(reset) as server:
        reached = {"people": SubgraphConfig(url=server.url)}
        async with serve(subgraphs=reached, circuit=CircuitConfig(failures=0)) as client:
            for _ in range(20):
                await client.ask(QUERY)
            assert len(server.exchanges) >= 20
