"""Background work that goes one round at a time: it rests where it would wait for time to pass, until a test goes on.

The loops are the real ones; only the module in which a loop stands sees other clocks. A loop that ends, or hangs, fails
the test.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

_HUNG_SECONDS = 60

Step = Callable[[str], "Stepped"]


class Stepped:
    """Background work in a task of its own; a wait with a timeout lasts a ``moment`` when nothing comes."""

    moment = 0.05

    def __init__(self) -> None:
        self._resting = asyncio.Event()
        self._go = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def rest(self) -> None:
        """Called where the work would wait."""
        self._go.clear()
        self._resting.set()
        await self._go.wait()
        self._resting.clear()

    @asynccontextmanager
    async def running(self, work: Awaitable[None]) -> AsyncIterator[Stepped]:
        """From the work's first rest on; ended by cancelling it."""
        self._task = asyncio.ensure_future(work)  # type: ignore[arg-type]
        await self._until_rest()
        try:
            yield self
        finally:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def round(self) -> None:
        """From one rest to the next; AssertionError when there is none."""
        self._resting.clear()
        self._go.set()
        await self._until_rest()

    async def _until_rest(self) -> None:
        assert self._task is not None
        resting = asyncio.ensure_future(self._resting.wait())
        try:
            await asyncio.wait({self._task, resting}, timeout=_HUNG_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            resting.cancel()
        assert not self._task.done(), f"the loop ended: {self._task}"
        assert self._resting.is_set(), "the loop hangs"


class _Clock:
    """asyncio as one module sees it: ``sleep`` ends, and ``timeout`` begins, when the test goes on."""

    def __init__(self, stepped: Stepped) -> None:
        self._stepped = stepped

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await self._stepped.rest()

    @asynccontextmanager
    async def timeout(self, seconds: float) -> AsyncIterator[None]:
        await self._stepped.rest()
        async with asyncio.timeout(self._stepped.moment):
            yield


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch) -> Step:
    """``step("subgraphs.auth.erasure")``: what will wait there waits for the test."""

    def in_module(name: str) -> Stepped:
        stepped = Stepped()
        monkeypatch.setattr(sys.modules[name], "asyncio", _Clock(stepped))
        return stepped

    return in_module
