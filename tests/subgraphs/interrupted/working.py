"""A room's worker, interrupted at every call of a pass; then it comes again, as often as it takes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from subgraphs.kernel.app import Worker
from subgraphs.kernel.context import RunningRoom
from tests.subgraphs.interrupted.breaking import Call
from tests.subgraphs.interrupted.stepping import Step, Stepped
from tests.subgraphs.interrupted.work import Names, Work

_PASSES = 3
"""A pass that finds what an interrupted one left, what that one left open, and one with nothing to do."""


class Working:
    """A worker at rest; ``let_time_pass`` makes due what waits for a lease or a pause to end."""

    def __init__(self, stepped: Stepped, let_time_pass: Callable[[], Awaitable[None]] | None = None) -> None:
        self._stepped = stepped
        self._let_time_pass = let_time_pass

    def work(
        self, prepare: Callable[[], Awaitable[Names]], code: str, *, passes: int = _PASSES, **details: Any
    ) -> Work:
        async def prepared() -> tuple[Names, Names]:
            names = await prepare()
            return names, names

        async def attempt(_: Names) -> None:
            await self._stepped.round()

        async def carry_on(_: Names) -> None:
            for _pass in range(passes):
                if self._let_time_pass is not None:
                    await self._let_time_pass()
                await self._stepped.round()

        return Work(prepared, attempt, carry_on, code=code, endless=True, **details)


@asynccontextmanager
async def working(
    step: Step, worker: Worker, room: RunningRoom, let_time_pass: Callable[[], Awaitable[None]] | None = None
) -> AsyncIterator[Working]:
    """The worker's own loop, from its first rest on."""
    stepped = step(worker.__module__)
    async with stepped.running(worker(room)):
        yield Working(stepped, let_time_pass)


def new_turns() -> Callable[[Call], bool]:
    """For work that loops: calls of a text, behind one of a text, for the first time."""
    seen: set[tuple[str, str]] = set()
    before = ""

    def is_new(call: Call) -> bool:
        nonlocal before
        turn, before = (before, call.text), call.text
        new = turn not in seen
        seen.add(turn)
        return new

    return is_new
