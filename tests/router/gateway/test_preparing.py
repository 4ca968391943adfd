"""Large operations are made ready beside the requests that are: once for all who ask, and not without bound.

Whatever is to be waited for here waits for an event that the test sets when it has seen what must come before.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from router.gateway import operations
from router.gateway.config import LimitsConfig
from router.gateway.errors import RequestError
from router.gateway.preparing import Preparations
from router.planner import Planner

LARGE = "{ people { " + "name " * 60 + "} }"
LONG = "{ people { name } }" + " " * 1_000
_PATIENCE = 60


class Held:
    """Holds up what the thread does until it is released."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.on_time: list[bool] = []
        self._begun = threading.Event()
        self._released = threading.Event()

    def __call__(self, what: Any = None) -> Any:
        self.calls.append(what)
        self._begun.set()
        self.on_time.append(self._released.wait(_PATIENCE))
        return what

    async def begun(self) -> None:
        assert await asyncio.to_thread(self._begun.wait, _PATIENCE)

    def release(self) -> None:
        self._released.set()


@pytest.fixture
def planning(monkeypatch: pytest.MonkeyPatch) -> Held:
    """Planning an operation of many fields is held up."""
    held = Held()
    explain = Planner.explain

    def held_up(self: Planner, document: Any, *rest: Any) -> Any:
        if len(document.loc.source.body) >= 200:
            held(document.loc.source.body)
        return explain(self, document, *rest)

    monkeypatch.setattr(Planner, "explain", held_up)
    return held


async def test_requests_are_answered_while_a_large_operation_is_planned(serve: Any, planning: Held) -> None:
    async with serve() as client:
        large = asyncio.create_task(client.ask(LARGE))
        await planning.begun()
        for query in ("{ hello }", "{ people { id } }"):
            assert "errors" not in await client.ask(query)
        assert not large.done()
        planning.release()
        answer = await large
    assert planning.on_time == [True]
    assert answer == {"data": {"people": [{"name": "Ada"}, {"name": "Bob"}]}}


async def test_requests_are_answered_while_a_long_document_is_validated(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held()
    validate = operations.validate

    def held_up(schema: Any, document: Any, *rest: Any, **named: Any) -> Any:
        if len(document.loc.source.body) == len(LONG):
            held()
        return validate(schema, document, *rest, **named)

    monkeypatch.setattr(operations, "validate", held_up)
    async with serve() as client:
        long = asyncio.create_task(client.ask(LONG))
        await held.begun()
        assert await client.ask("{ hello }") == {"data": {"hello": "Hello world"}}
        held.release()
        assert "errors" not in await long
        assert "errors" not in await client.ask(LONG)
    assert held.on_time == [True]


async def test_a_long_document_that_is_not_valid_is_refused_as_any_other(client: Any) -> None:
    wrong = "{ people { nmae } }"
    assert await client.ask(wrong + " " * 1_000) == await client.ask(wrong)


async def test_one_operation_is_planned_once_for_all_who_ask(serve: Any, planning: Held) -> None:
    async with serve() as client:
        asked = [asyncio.create_task(client.ask(LARGE)) for _ in range(3)]
        await planning.begun()
        asked.append(asyncio.create_task(client.ask(LARGE)))
        await client.ask("{ hello }")
        planning.release()
        answers = await asyncio.gather(*asked)
        assert await client.ask(LARGE) == answers[0]
    assert answers[0]["data"]
    assert answers == [answers[0]] * 4
    assert planning.calls == [LARGE]


async def test_a_plan_is_only_shared_by_requests_whose_variables_decide_alike(serve: Any, planning: Held) -> None:
    query = "query ($late: Boolean!) { people { name @skip(if: $late) id name " + "id " * 60 + "} }"
    async with serve() as client:
        asked = [asyncio.create_task(client.ask(query, variables={"late": late})) for late in (False, True, True)]
        await planning.begun()
        planning.release()
        answers = await asyncio.gather(*asked)
    orders = [list(answer["data"]["people"][0]) for answer in answers]
    assert orders == [["name", "id"], ["id", "name"], ["id", "name"]]
    assert len(planning.calls) == 2


async def test_too_many_large_operations_are_refused(serve: Any, planning: Held) -> None:
    async with serve(limits=LimitsConfig(preparing=2)) as client:
        first = asyncio.create_task(client.ask(LARGE))
        await planning.begun()
        second = asyncio.create_task(client.ask(LONG))
        await _until(lambda: client.app.engines.preparing == 2)
        refused: httpx.Response = await client.post("/graphql", json={"query": LONG + " "})
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        assert refused.json()["errors"][0]["extensions"]["code"] == "REQUEST_CONCURRENCY_LIMITED"
        assert "router_operations_preparing 2.0" in (await client.get("/metrics")).text
        planning.release()
        for answer in await asyncio.gather(first, second):
            assert "errors" not in answer
        assert "errors" not in await client.ask(LONG + " ")


async def test_who_waits_longer_than_the_deadline_is_told_and_the_plan_is_kept(serve: Any, planning: Held) -> None:
    async with serve(deadline=0.05) as client:
        late: httpx.Response = await client.post("/graphql", json={"query": LARGE})
        assert late.status_code == 504
        assert late.json()["errors"][0]["extensions"]["code"] == "GATEWAY_TIMEOUT"
        assert "data" not in late.json()
        planning.release()
        await _until(lambda: client.app.engines.preparing == 0)
        assert "errors" not in await client.ask(LARGE)
    assert planning.calls == [LARGE]


async def _until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - what changes has no event
        await asyncio.sleep(0.001)


async def _with_preparations(most: int, run: Callable[[Preparations, Held, list[Any]], Any]) -> None:
    preparations, held, kept = Preparations(most), Held(), []
    try:
        await run(preparations, held, kept)
    finally:
        held.release()
        preparations.close()


async def test_what_nobody_waits_for_is_not_begun() -> None:
    async def run(preparations: Preparations, held: Held, kept: list[Any]) -> None:
        def ask(name: str) -> asyncio.Task[Any]:
            return asyncio.create_task(preparations.once(name, lambda: held(name), kept.append))

        first = ask("first")
        await held.begun()
        left, shared, stays, last = ask("left"), ask("shared"), ask("shared"), ask("last")
        await asyncio.sleep(0)
        left.cancel()
        shared.cancel()
        first.cancel()
        await asyncio.wait((left, shared, first))
        assert len(preparations) == 3
        held.release()
        assert [await stays, await last] == ["shared", "last"]
        assert held.calls == ["first", "shared", "last"]
        assert kept == held.calls

    await _with_preparations(4, run)


async def test_a_failure_is_raised_by_all_who_wait_and_forgotten() -> None:
    async def run(preparations: Preparations, held: Held, kept: list[Any]) -> None:
        held.release()

        def fail() -> None:
            held()
            raise KeyError("broken")

        for _ in range(2):
            outcomes = await asyncio.gather(
                *(preparations.once("same", fail, kept.append) for _ in range(3)), return_exceptions=True
            )
            assert [type(outcome) for outcome in outcomes] == [KeyError] * 3
        assert len(held.calls) == 2
        assert not kept
        assert not len(preparations)

    await _with_preparations(1, run)


async def test_only_what_is_new_counts_against_the_bound() -> None:
    async def run(preparations: Preparations, held: Held, kept: list[Any]) -> None:
        first = asyncio.create_task(preparations.once("one", held, kept.append))
        await held.begun()
        same = asyncio.create_task(preparations.once("one", held, kept.append))
        with pytest.raises(RequestError):
            await preparations.once("two", held, kept.append)
        held.release()
        await asyncio.gather(first, same)
        await preparations.once("two", held, kept.append)
        assert len(held.calls) == 2

    await _with_preparations(1, run)
