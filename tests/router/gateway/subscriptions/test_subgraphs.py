"""Subgraphs reached over a network: another router plays one, over WebSocket and over server-sent events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from router.executor import HttpTransport, SubgraphTransport
from router.gateway.config import SubgraphConfig, TelemetryConfig
from router.supergraph import SupergraphError
from tests.router.gateway.subscriptions.births import BORN, BORN_WITH_NOTES, router


class Elsewhere:
    """A transport without an application behind it."""

    def __init__(self, url: str) -> None:
        self._http = HttpTransport(url)

    async def post(self, *arguments: Any) -> Any:
        return await self._http.post(*arguments)

    async def aclose(self) -> None:
        await self._http.aclose()


@pytest.mark.parametrize("protocol", ["websocket", "sse"])
async def test_events_come_over_the_protocol_that_is_configured(protocol: Any) -> None:
    async with router() as people:
        own = SubgraphConfig(subscription_url=people.url, subscription_protocol=protocol)
        async with router(subgraphs={"people": own}) as running, running.socket() as client:
            await client.subscribe(BORN_WITH_NOTES)
            await people.births.until_followed()
            await people.births.tell("1", "2")
            for key, text in (("1", "note of Ada"), ("2", "note of Bob")):
                born = (await client.hear())["payload"]["data"]["born"]
                assert (born["id"], born["notes"]) == (key, [{"text": text}])
            await people.births.say({"id": "1", "type": "complete"})
            assert await client.hear() == {"id": "a", "type": "complete"}
            await client.subscribe(BORN)
            await people.births.until_followed()
            await client.say({"id": "a", "type": "complete"})
            await people.births.until_left()
            assert len(people.app.subscriptions) == 0


async def test_a_transport_that_carries_no_events_says_so() -> None:
    elsewhere: SubgraphTransport = Elsewhere("http://127.0.0.1:1/graphql")
    async with router({"people": elsewhere}) as running, running.socket() as client:
        await client.subscribe(BORN)
        [error] = (await client.hear())["payload"]
        assert error["message"] == 'The events of subgraph "people" ended: its transport carries no events.'
    await elsewhere.aclose()


async def test_a_url_that_cannot_be_subscribed_to_is_found_when_starting() -> None:
    own = SubgraphConfig(subscription_url="gopher://people")
    with pytest.raises(SupergraphError, match="cannot be subscribed to"):
        await router(subgraphs={"people": own}).__aenter__()


async def test_each_operation_of_a_connection_is_a_line_of_the_access_log(capfdbinary: Any) -> None:
    async with router(telemetry=TelemetryConfig(access_log=True)) as running, running.socket() as client:
        await client.subscribe("query Hello { hello }", "q")
        await client.hear()
        await client.hear()
        await client.subscribe("{ nothing }", "e")
        await client.hear()
    lines = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    told = [(line["status"], line["protocol"], line["operation"], line["errors"]) for line in lines]
    assert told == [
        (101, "graphql-transport-ws", "Hello", []),
        (101, "graphql-transport-ws", None, ["GRAPHQL_VALIDATION_FAILED"]),
    ]
