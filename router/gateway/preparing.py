"""Making large operations ready in a thread beside the event loop, so that all other requests go on meanwhile.

One operation at a time: a second thread would share the interpreter's lock and only slow down both. How many may wait
is bounded, what several requests need is made once, and what nobody waits for any more is not begun.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from router.gateway.errors import RequestError

__all__ = ["Preparations"]

Made = TypeVar("Made")


@dataclass(slots=True)
class _Preparation:
    make: Callable[[], Any]
    keep: Callable[[Any], None]
    made: asyncio.Future[Any]
    waiting: int = 0
    """Requests that wait for it."""
    begun: bool = False


class Preparations:
    """What is being made ready: at most ``most`` at once. To be used on the event loop."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="prepare")
        self._under_way: dict[Hashable, _Preparation] = {}
        self._work: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._under_way)

    async def once(self, key: Hashable, make: Callable[[], Made], keep: Callable[[Made], None]) -> Made:
        """What ``make`` returns, called in the thread, or not at all when ``key`` is under way already.

        ``keep`` is called with it on the event loop, before anybody who waits goes on, and even if nobody waits any
        more. Raises ``RequestError`` (503, REQUEST_CONCURRENCY_LIMITED) when too much is under way, and what ``make``
        or ``keep`` raised.
        """
        preparation = self._under_way.get(key)
        if preparation is None:
            preparation = self._begin(key, make, keep)
        preparation.waiting += 1
        try:
            made: Made = await asyncio.shield(preparation.made)
            return made
        finally:
            preparation.waiting -= 1
            if not preparation.waiting and not preparation.begun:
                del self._under_way[key]

    def close(self) -> None:
        """Begin nothing any more."""
        if self._work is not None:
            self._work.cancel()
        self._thread.shutdown(wait=False)

    def _begin(self, key: Hashable, make: Callable[[], Made], keep: Callable[[Made], None]) -> _Preparation:
        if len(self._under_way) >= self._most:
            raise RequestError(
                503,
                "REQUEST_CONCURRENCY_LIMITED",
                "Too many large operations are being made ready. Try again later.",
                headers=((b"retry-after", b"1"),),
            )
        preparation = _Preparation(make, keep, asyncio.get_running_loop().create_future())
        self._under_way[key] = preparation
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._run())
        return preparation

    async def _run(self) -> None:
        """One after the other, in the order of the first request for each. Errors are raised by who waits."""
        loop = asyncio.get_running_loop()
        while self._under_way:
            key, preparation = next(iter(self._under_way.items()))
            preparation.begun = True
            try:
                made = await loop.run_in_executor(self._thread, preparation.make)
                preparation.keep(made)
            except Exception as error:
                preparation.made.set_exception(error)
            else:
                preparation.made.set_result(made)
            del self._under_way[key]
