"""One subscription: events come in, responses go out, and it ends once, for one reason."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from router.executor import Response
from router.gateway.identity import Caller
from router.gateway.subscriptions.endings import COMPLETED, FAILED, TOO_SLOW, Ending

__all__ = ["Subscription"]

_log = logging.getLogger("router.subscriptions")


class Subscription:
    """Taken from by one task. At most ``buffered`` events wait; then the subgraph's stream is not read any more.

    ``complete`` turns an event into its response; it runs for one event at a time. ``failed`` turns what was raised
    by the subgraph's stream into the ending it means.
    """

    def __init__(
        self,
        caller: Caller,
        events: AsyncGenerator[bytes, None],
        complete: Callable[[bytes], Awaitable[Response]],
        failed: Callable[[Exception], Ending],
        *,
        buffered: int,
        slow_client_seconds: float,
    ) -> None:
        self.caller = caller
        self.ending: Ending | None = None
        """Why it ended; None while it goes on."""
        self._complete = complete
        self._failed = failed
        self._buffered = buffered
        self._slow_client_seconds = slow_client_seconds
        self._waiting: deque[bytes] = deque()
        self._last: Ending | None = None
        self._completing: asyncio.Future[Response] | None = None
        self._changed = asyncio.Event()
        self._taken = asyncio.Event()
        self._pump = asyncio.create_task(self._read(events))

    async def take(self, patience: float | None = None) -> Response | Ending | None:
        """The response to the next event, or how it all ended; None when neither came within ``patience`` seconds.

        Events are completed when they are taken, one at a time and in order (GraphQL spec §6.2.3.2).
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while True:
                    self._changed.clear()
                    found = self._next()
                    if found is not None:
                        return found
                    await self._changed.wait()
        return None

    def end(self, ending: Ending) -> None:
        """End now, whatever still waits; the first reason stays."""
        if self.ending is None:
            self.ending = ending
            self._waiting.clear()
            self._pump.cancel()
            if self._completing is not None:
                self._completing.cancel()
            self._changed.set()

    async def aclose(self) -> None:
        """Stop reading and computing; the subgraph has been told when this returns."""
        self._pump.cancel()
        await asyncio.wait({self._pump})
        if self._completing is not None:
            self._completing.cancel()
            await asyncio.wait({self._completing})

    def _next(self) -> Response | Ending | None:
        if self.ending is not None:
            return self.ending
        if self._completing is None and self._waiting:
            self._completing = asyncio.ensure_future(self._complete(self._waiting.popleft()))
            self._completing.add_done_callback(lambda _: self._changed.set())
            self._taken.set()
        if self._completing is None:
            self.ending = self._last
            return self.ending
        if not self._completing.done():
            return None
        completed, self._completing = self._completing, None
        error = completed.exception()
        if error is None:
            return completed.result()
        _log.error("an event could not be completed", exc_info=error)
        self.end(FAILED)
        return self.ending

    async def _read(self, events: AsyncGenerator[bytes, None]) -> None:
        last = COMPLETED
        try:
            async with aclosing(events):
                async for event in events:
                    if not await self._find_room():
                        last = TOO_SLOW
                        break
                    self._waiting.append(event)
                    self._changed.set()
        except Exception as error:
            last = self._failed(error)
        self._last = last
        self._changed.set()

    async def _find_room(self) -> bool:
        """Wait until fewer than ``buffered`` events wait; False when that takes too long."""
        try:
            async with asyncio.timeout(self._slow_client_seconds):
                while len(self._waiting) >= self._buffered:
                    self._taken.clear()
                    await self._taken.wait()
        except TimeoutError:
            return False
        return True
