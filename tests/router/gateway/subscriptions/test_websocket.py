"""Operations over WebSockets: a real client, a real server, both subprotocols."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from router.gateway.config import CorsConfig, SubscriptionsConfig
from tests.router.gateway.subscriptions.births import BORN, BORN_WITH_NOTES, router
from tests.router.gateway.village import SUPERGRAPH


async def test_each_event_is_completed_by_the_other_subgraphs_in_order() -> None:
    async with router() as running, running.socket() as client:
        await client.subscribe(BORN_WITH_NOTES)
        await running.births.until_followed()
        await running.births.tell("1", "2", "1")
        for key, name in (("1", "Ada"), ("2", "Bob"), ("1", "Ada")):
            person = {"id": key, "name": f"name of {key}", "notes": [{"text": f"note of {name}"}]}
            assert await client.hear() == {"id": "a", "type": "next", "payload": {"data": {"born": person}}}
        await running.births.say({"id": "1", "type": "complete"})
        assert await client.hear() == {"id": "a", "type": "complete"}
        assert len(running.village.notes.requests) == 3
        await running.births.until_left()
        assert len(running.app.subscriptions) == 0


async def test_queries_mutations_and_subscriptions_side_by_side() -> None:
    async with router() as running, running.socket() as client:
        await client.subscribe(BORN, "s")
        await running.births.until_followed()
        await client.subscribe("query Q($n: String) { hello(name: $n) }", "q", variables={"n": "you"})
        assert await client.hear() == {"id": "q", "type": "next", "payload": {"data": {"hello": "Hello you"}}}
        assert await client.hear() == {"id": "q", "type": "complete"}
        await client.subscribe('mutation { rename(id: "1", name: "Eve") { name } }', "q")
        assert (await client.hear())["payload"] == {"data": {"rename": {"name": "Eve"}}}
        assert await client.hear() == {"id": "q", "type": "complete"}
        await running.births.tell("1")
        assert await client.hear() == {"id": "s", "type": "next", "payload": {"data": {"born": {"id": "1"}}}}


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{ hello"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": 7}, "INVALID_GRAPHQL_REQUEST"),
        ({"query": "{ hello }", "variables": []}, "INVALID_GRAPHQL_REQUEST"),
        ({"query": "{ hello }", "operationName": "Other"}, "GRAPHQL_UNKNOWN_OPERATION_NAME"),
        ({"query": "subscription { born { id } } query Q { hello }"}, "GRAPHQL_UNKNOWN_OPERATION_NAME"),
    ],
)
async def test_a_bad_operation_is_its_own_error(payload: dict[str, Any], code: str) -> None:
    async with router() as running, running.socket() as client:
        await client.say({"id": "a", "type": "subscribe", "payload": payload})
        message = await client.hear()
        assert (message["type"], message["id"]) == ("error", "a")
        assert message["payload"][0]["extensions"]["code"] == code
        await client.subscribe("{ hello }")
        assert (await client.hear())["type"] == "next"


async def test_pings_are_answered() -> None:
    async with router() as running, running.socket() as client:
        await client.say({"type": "ping", "payload": {"n": 1}})
        assert await client.hear() == {"type": "pong", "payload": {"n": 1}}
        await client.say({"type": "pong"})
        await client.say({"type": "ping"})
        assert await client.hear() == {"type": "pong"}


@pytest.mark.parametrize(
    "junk",
    [
        "junk",
        "[]",
        "{}",
        '{"type":7}',
        '{"type":"unheard-of"}',
        '{"type":"start","id":"1","payload":{}}',
        '{"type":"subscribe","payload":{"query":"{hello}"}}',
        '{"type":"subscribe","id":"","payload":{"query":"{hello}"}}',
        '{"type":"subscribe","id":"1"}',
        '{"type":"subscribe","id":"1","payload":[]}',
        '{"type":"ping","payload":3}',
        '{"type":"ping","payload":{"deep":' + "[" * 300 + "]" * 300 + "}}",
        b'{"type":"ping"}',
    ],
)
async def test_junk_closes_the_connection(junk: str | bytes) -> None:
    async with router() as running, running.socket() as client:
        await client.connection.send(junk)
        assert await client.closed() == (4400, "Invalid message")


async def test_the_connection_is_initialised_once_and_first() -> None:
    async with router(subscriptions=SubscriptionsConfig(init_timeout=0.2)) as running:
        async with running.socket(init=None) as client:
            await client.subscribe("{ hello }")
            assert await client.closed() == (4401, "Unauthorized")
        async with running.socket(init=None) as client:
            assert await client.closed() == (4408, "Connection initialisation timeout")
        async with running.socket() as client:
            await client.say({"type": "connection_init"})
            assert await client.closed() == (4429, "Too many initialisation requests")


async def test_an_id_is_free_again_when_its_operation_has_ended() -> None:
    async with router() as running, running.socket() as client:
        await client.subscribe(BORN)
        await running.births.until_followed()
        await client.say({"id": "a", "type": "complete"})
        await running.births.until_left()
        await client.subscribe("{ hello }")
        assert [(await client.hear())["type"] for _ in range(2)] == ["next", "complete"]
        await client.subscribe(BORN)
        await running.births.until_followed()
        await client.subscribe("{ hello }")
        assert await client.closed() == (4409, "Subscriber for a already exists")
        await running.births.until_left()


async def test_a_client_that_leaves_ends_its_subscriptions() -> None:
    async with router() as running:
        async with running.socket() as client:
            for number in range(3):
                await client.subscribe(BORN, str(number))
            await running.births.until_followed(3)
            client.connection.transport.abort()
        await running.births.until_left()
        assert len(running.app.subscriptions) == 0


async def test_other_subprotocols_are_refused() -> None:
    async with router() as running:
        url = f"ws://127.0.0.1:{running.port}/graphql"
        async with connect(url, subprotocols=[Subprotocol("mqtt")]) as connection:
            await connection.wait_closed()
            assert connection.close_code == 4406


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [(None, True), ("http://{host}", True), ("https://shop.example", True), ("https://evil.example", False)],
)
async def test_pages_of_other_origins_may_not_connect(origin: str | None, allowed: bool) -> None:
    async with router(cors=CorsConfig(origins=("https://shop.example",))) as running:
        headers = {} if origin is None else {"origin": origin.format(host=f"127.0.0.1:{running.port}")}
        if allowed:
            async with running.socket(additional_headers=headers) as client:
                await client.subscribe("{ hello }")
                assert (await client.hear())["type"] == "next"
        else:
            with pytest.raises(InvalidStatus) as refused:
                await running.socket(additional_headers=headers).__aenter__()
            assert refused.value.response.status_code == 403


async def test_elsewhere_there_is_no_websocket() -> None:
    async with router() as running:
        with pytest.raises(InvalidStatus):
            await connect(f"ws://127.0.0.1:{running.port}/other")


async def test_how_many_operations_and_subscriptions_there_may_be() -> None:
    limits = SubscriptionsConfig(per_connection=2, per_router=3)
    async with router(subscriptions=limits) as running, running.socket() as one, running.socket() as two:
        for client in (one, two):
            await client.subscribe(BORN, "1")
        await one.subscribe(BORN, "2")
        await running.births.until_followed(3)
        await one.subscribe("{ hello }", "3")
        await two.subscribe(BORN, "2")
        for client in (one, two):
            message = await client.hear()
            assert message["type"] == "error"
            assert message["payload"][0]["extensions"]["code"] == "SUBSCRIPTION_LIMIT_REACHED"
        await one.say({"id": "1", "type": "complete"})
        await running.births.until_left(2)
        await two.subscribe(BORN, "2")
        await running.births.until_followed(3)


async def test_a_message_that_is_too_large_closes_the_connection() -> None:
    async with router() as running, running.socket() as client:
        await client.say("x" * 200_000)
        code, _ = await client.closed()
        assert code == 1009


async def test_text_that_is_none_closes_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    """Quietly: a line for each would let anybody fill the log."""
    async with router() as running, running.socket() as client:
        await client.connection.send(b"\xff\xfe", text=True)
        assert (await client.closed())[0] == 1007
    assert caplog.records == []


async def test_what_is_said_after_a_bad_frame_is_for_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """The answer to what came before it is made when the connection is closed already."""
    init = b'{"type":"connection_init"}'
    async with router() as running, running.socket(init=None) as client:
        no_text = b"\x81\x81\x00\x00\x00\x00\xff"
        client.connection.transport.write(b"\x81%c\x00\x00\x00\x00" % (0x80 | len(init)) + init + no_text)
        assert (await client.closed())[0] == 1007
    assert caplog.records == []


async def test_the_legacy_subprotocol() -> None:
    settings = SubscriptionsConfig(legacy_heartbeat=0.05)
    async with router(subscriptions=settings) as running, running.socket("graphql-ws") as client:
        assert await client.hear() == {"type": "ka"}

        async def hear() -> Any:
            while (message := await client.hear()) == {"type": "ka"}:
                pass
            return message

        await client.say({"id": "q", "type": "start", "payload": {"query": "{ hello }"}})
        assert await hear() == {"id": "q", "type": "data", "payload": {"data": {"hello": "Hello world"}}}
        assert await hear() == {"id": "q", "type": "complete"}
        await client.say({"id": "s", "type": "start", "payload": {"query": BORN}})
        await running.births.until_followed()
        await running.births.tell("2")
        assert await hear() == {"id": "s", "type": "data", "payload": {"data": {"born": {"id": "2"}}}}
        await client.say({"id": "s", "type": "stop"})
        assert await hear() == {"id": "s", "type": "complete"}
        await running.births.until_left()
        await client.say({"id": "e", "type": "start", "payload": {"query": "{ nothing }"}})
        error = await hear()
        assert (error["type"], error["payload"]["extensions"]["code"]) == ("error", "GRAPHQL_VALIDATION_FAILED")
        assert await client.hear() == {"type": "ka"}
        await client.say({"type": "connection_terminate"})
        assert await client.closed() == (1000, "")


async def test_errors_of_a_subgraphs_stream_end_the_subscription() -> None:
    async with router() as running, running.socket() as client:
        await client.subscribe(BORN)
        await running.births.until_followed()
        errors = [{"message": "secret"}, {"message": "Not yours.", "extensions": {"code": "FORBIDDEN"}}]
        await running.births.say({"id": "1", "type": "error", "payload": errors})
        message = await client.hear()
        assert message["type"] == "error"
        masked, shown = message["payload"]
        assert (masked["message"], masked["extensions"]["code"]) == ("Unexpected error", "INTERNAL_SERVER_ERROR")
        assert masked["extensions"]["requestId"]
        assert shown == {"message": "Not yours.", "extensions": {"code": "FORBIDDEN", "service": "people"}}
        await client.subscribe(BORN)
        await running.births.until_followed()
        await running.births.say({"type": "nonsense"})
        [error] = (await client.hear())["payload"]
        assert error["extensions"] == {"code": "SUBREQUEST_HTTP_ERROR", "service": "people"}


async def test_an_event_with_errors_is_an_event_like_any_other() -> None:
    async with router() as running, running.socket() as client:
        await client.subscribe(BORN)
        await running.births.until_followed()
        payload = {
            "data": {"born": None},
            "errors": [{"message": "Lost.", "path": ["born"], "extensions": {"code": "LOST"}}],
        }
        await running.births.say({"id": "1", "type": "next", "payload": payload})
        await running.births.tell("1")
        answer = (await client.hear())["payload"]
        assert answer["data"] == {"born": None}
        assert answer["errors"][0]["path"] == ["born"]
        assert (await client.hear())["payload"] == {"data": {"born": {"id": "1"}}}


async def test_a_subscription_that_may_show_nothing_has_no_stream() -> None:
    sdl = SUPERGRAPH.replace(
        "born: Person @join__field(graph: PEOPLE)", "born: Person @join__field(graph: PEOPLE) @authenticated"
    )
    async with router() as running:
        await running.app.reload(sdl)
        async with running.socket() as client:
            await client.subscribe(BORN)
            answer = (await client.hear())["payload"]
            assert answer["data"] == {"born": None}
            assert answer["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
            assert await client.hear() == {"id": "a", "type": "complete"}
        assert running.births.requests == []


async def test_a_new_supergraph_ends_what_the_old_one_began() -> None:
    async with router() as running, running.socket() as client:
        await client.subscribe(BORN)
        await running.births.until_followed()
        await running.app.reload(SUPERGRAPH)
        message = await client.hear()
        assert message["payload"][0]["extensions"]["code"] == "SUBSCRIPTION_SCHEMA_RELOAD"
        await running.births.until_left()
        assert running.app.engines.engines == 1
        await client.subscribe(BORN)
        await running.births.until_followed()
        await running.births.tell("1")
        assert (await client.hear())["type"] == "next"


async def test_stopping_closes_connections_so_that_clients_come_back() -> None:
    async with router() as running, running.socket() as busy, running.socket() as idle:
        await busy.subscribe(BORN)
        await running.births.until_followed()
        running.app.drain()
        for client in (busy, idle):
            assert (await client.closed())[0] == 1012
        await running.births.until_left()
        async with running.socket(init=None) as late:
            assert (await late.closed())[0] == 1012


async def test_subscriptions_can_be_switched_off() -> None:
    async with router(subscriptions=SubscriptionsConfig(enabled=False)) as running:
        with pytest.raises(InvalidStatus):
            await running.socket().__aenter__()
        async with httpx.AsyncClient() as http:
            headers = {"accept": "text/event-stream, application/json"}
            answer = await http.post(running.url, json={"query": BORN}, headers=headers)
            assert answer.json()["errors"][0]["extensions"]["code"] == "SUBSCRIPTION_NOT_SUPPORTED"


async def test_metrics_tell_of_streams() -> None:
    async with router() as running, running.socket() as client:
        await client.subscribe(BORN)
        await running.births.until_followed()
        await running.births.tell("1", "2")
        await client.hear()
        await client.hear()
        async with httpx.AsyncClient() as http:
            page = (await http.get(f"http://127.0.0.1:{running.port}/metrics")).text
            lines = page.splitlines()
            assert 'router_subscriptions_open{protocol="graphql-transport-ws"} 1.0' in lines
            assert 'router_subscription_events_total{protocol="graphql-transport-ws"} 2.0' in lines
            assert "router_websockets_open 1.0" in lines
            await client.say({"id": "a", "type": "complete"})
            await running.births.until_left()
            await asyncio.sleep(0)
            page = (await http.get(f"http://127.0.0.1:{running.port}/metrics")).text
            assert 'router_subscriptions_ended_total{protocol="graphql-transport-ws",reason="client"} 1.0' in page
