"""No operation takes longer than its deadline, however long its plan and its subgraphs' timeouts are."""

from __future__ import annotations

import asyncio
from typing import Any

from router.executor.transports import SubgraphResponse, SubgraphTimeout


async def test_what_is_not_answered_by_the_deadline_is_an_error(serve: Any, village: Any) -> None:
    allowed: list[float] = []

    async def late(body: bytes, headers: Any, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109
        allowed.append(timeout)
        await asyncio.sleep(timeout)
        raise SubgraphTimeout("no answer")

    village.transports["people"].post = late
    async with serve(timeout=60.0, deadline=0.2) as client:
        answer = await client.ask("{ hello }")
    assert answer["data"] == {"hello": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["GATEWAY_TIMEOUT"]
    assert len(allowed) == 1
    assert 0 < allowed[0] <= 0.2


async def test_a_later_stage_gets_only_what_is_left(serve: Any, village: Any) -> None:
    allowed: list[float] = []
    notes = village.transports["notes"].post

    async def slow_people(body: bytes, headers: Any, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109
        await asyncio.sleep(0.3)
        return SubgraphResponse(200, "application/json", b'{"data":{"person":{"id":"1","__typename":"Person"}}}')

    async def measured(body: bytes, headers: Any, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109
        allowed.append(timeout)
        return await notes(body, headers, timeout)

    village.transports["people"].post = slow_people
    village.transports["notes"].post = measured
    async with serve(timeout=60.0, deadline=30.0) as client:
        await client.ask('{ person(id: "1") { notes { text } } }')
    assert len(allowed) == 1
    assert allowed[0] < 29.8
