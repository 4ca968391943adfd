"""Fields on their way to another subgraph: which override labels are on is drawn once per request."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import build_schema, graphql
from starlette.types import Receive, Scope, Send

from router.composition import compose
from router.executor import AsgiTransport
from router.gateway.app import create_app
from router.gateway.config import GatewayConfig, OverrideConfig, TelemetryConfig
from router.gateway.config_file import parse_config
from router.gateway.overrides import Overrides
from router.supergraph import Supergraph
from tests.router.gateway.conftest import GatewayClient
from tests.router.planner.conftest import source

FIELDS = ("name", "diary", "motto")
QUERY = "{ thing { name diary motto } }"
THING = {"__typename": "Thing", "id": "1", "name": "Ada", "diary": "Dear diary", "motto": "Onwards"}
ANSWER = {"data": {"thing": {field: THING[field] for field in FIELDS}}}
SCHEMA = build_schema("""
    scalar _Any
    union _Entity = Thing
    type Query { thing: Thing _entities(representations: [_Any!]!): [_Entity]! }
    type Thing { id: ID! name: String diary: String motto: String }
""")


@cache
def sdl(*labels: str) -> str:
    """A supergraph: Thing's fields move from ``old`` to ``new``, each under its label."""
    moved = " ".join(
        f'{field}: String @override(from: "old", label: "{label}")' for field, label in zip(FIELDS, labels, strict=True)
    )
    plain = " ".join(f"{field}: String" for field in FIELDS)
    old = f'type Query {{ thing: Thing }} type Thing @key(fields: "id") {{ id: ID! {plain} }}'
    new = f'type Thing @key(fields: "id") {{ id: ID! {moved} }}'
    result = compose([source("old", old), source("new", new)])
    assert result.supergraph_sdl is not None, result.errors
    return result.supergraph_sdl


class Side:
    """A subgraph that can answer everything, and remembers which of the fields it was asked for."""

    def __init__(self) -> None:
        self.asked: list[set[str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = orjson.loads((await receive())["body"])
        self.asked.append({field for field in FIELDS if field in request["query"]})
        root = {"thing": THING, "_entities": [THING]}
        result = await graphql(SCHEMA, request["query"], root, variable_values=request.get("variables"))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": orjson.dumps(result.formatted)})


class Move:
    """A gateway over both sides whose draw is set by the test."""

    def __init__(self, client: GatewayClient, new: Side) -> None:
        self.client = client
        self._new = new

    async def moved(self) -> set[str]:
        """Ask for everything; the fields that the new subgraph was asked for."""
        self._new.asked.clear()
        assert await self.client.ask(QUERY) == ANSWER
        return set().union(*self._new.asked)


@asynccontextmanager
async def moving(supergraph: str, draw: Callable[[], float], **settings: Any) -> AsyncIterator[Move]:
    old, new = Side(), Side()
    config = GatewayConfig(telemetry=TelemetryConfig(access_log=False), **settings)
    app = create_app(config, supergraph, {"old": AsgiTransport(old), "new": AsgiTransport(new)}, draw=draw)
    async with app.router.lifespan_context(app), GatewayClient(app) as client:
        yield Move(client, new)


async def test_one_draw_decides_all_percentages_and_every_plan_answers_the_same() -> None:
    drawn = [0.0]
    async with moving(sdl("percent(10)", "percent(40)", "percent(10)"), lambda: drawn[0]) as move:
        for draw, expected in [
            (0.0, {"name", "diary", "motto"}),
            (0.0999, {"name", "diary", "motto"}),
            (0.1, {"diary"}),
            (0.3999, {"diary"}),
            (0.4, set()),
            (0.9999, set()),
            (0.05, {"name", "diary", "motto"}),
        ]:
            drawn[0] = draw
            assert await move.moved() == expected
        page = (await move.client.get("/metrics")).text
        assert "router_planning_duration_seconds_count 3.0" in page


async def test_a_percentage_is_the_share_of_requests() -> None:
    draws = (number * 37 % 100 / 100 for number in count())
    async with moving(sdl("percent(25)", "percent(0)", "percent(100)"), draws.__next__) as move:
        moved = [await move.moved() for _ in range(200)]
    assert moved.count({"name", "motto"}) == 50
    assert moved.count({"motto"}) == 150


async def test_nothing_is_drawn_for_none_and_all() -> None:
    def never() -> float:
        raise AssertionError("nothing depends on a draw")

    async with moving(sdl("percent(0)", "percent(100)", "blue"), never) as move:
        assert await move.moved() == {"diary"}


async def test_other_labels_are_on_when_the_configuration_names_them() -> None:
    settings = {"override": OverrideConfig(("blue", "percent(10)"))}
    async with moving(sdl("blue", "green", "percent(10)"), lambda: 0.99, **settings) as move:
        assert await move.moved() == {"name", "motto"}


def test_labels_are_read_from_the_file() -> None:
    config = parse_config("override: {labels: [blue, green]}", Path("/etc/router"), {})
    assert config.override == OverrideConfig(("blue", "green"))


def test_a_label_that_the_supergraph_does_not_have_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "router.engine"):
        overrides = Overrides(Supergraph.from_sdl(sdl("blue", "percent(5)", "green")), ("bleu", "green"), lambda: 0.9)
    assert caplog.messages == [
        "override.labels names bleu, which no @override of the supergraph has; its labels: blue, green, percent(5)."
    ]
    assert overrides.active() == {"green"}


def test_there_is_one_outcome_more_than_percentages() -> None:
    overrides = Overrides(Supergraph.from_sdl(sdl("percent(1.5)", "percent(99)", "percent(1.5)")), (), lambda: 0.0)
    assert overrides.outcomes == ({"percent(1.5)", "percent(99)"}, {"percent(99)"}, frozenset())
