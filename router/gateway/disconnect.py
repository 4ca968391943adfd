"""Ends what is computed for clients that have gone away."""

from __future__ import annotations

import asyncio
from types import TracebackType

from starlette.types import Receive

from router.gateway.reading import ClientGoneError

__all__ = ["Departures"]

_PERIOD = 0.25
"""Answers that come sooner, which is nearly all, cost neither a timer nor a task for watching."""


class Departures:
    """Looks after the requests under way, with one timer for all of them."""

    __slots__ = ("_new", "_old", "_timer", "loop")

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        """The loop of the blocks under way: asking asyncio for it costs a system call."""
        self._new: set[_Watched] = set()
        self._old: set[_Watched] = set()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, receive: Receive) -> _Watched:
        """To be entered with ``with``: the block is cancelled when the client disconnects, and ``ClientGoneError``
        raised then. For work without effects.
        """
        return _Watched(self, receive)

    def add(self, watched: _Watched) -> None:
        """A block has begun."""
        self._new.add(watched)
        if self._timer is None:
            self.loop = asyncio.get_running_loop()
            self._timer = self.loop.call_later(_PERIOD, self._look)

    def discard(self, watched: _Watched) -> None:
        """A block has ended."""
        self._new.discard(watched)
        self._old.discard(watched)

    def _look(self) -> None:
        for watched in self._old:
            watched.begin()
        self._old, self._new = self._new, set()
        self._timer = self.loop.call_later(_PERIOD, self._look) if self._old and self.loop is not None else None
        if self._timer is None:
            self.loop = None


class _Watched:
    """One block, in the task that runs it."""

    __slots__ = ("_departures", "_gone", "_receive", "_task", "_watching")

    _task: asyncio.Task[object]

    def __init__(self, departures: Departures, receive: Receive) -> None:
        self._departures = departures
        self._receive = receive
        self._gone = False
        self._watching: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        task = asyncio.current_task(self._departures.loop)
        if task is None:
            raise RuntimeError("not inside a task")
        self._task = task
        self._departures.add(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._departures.discard(self)
        if self._watching is not None:
            self._watching.cancel()
        if self._gone and kind is asyncio.CancelledError:
            self._task.uncancel()
            raise ClientGoneError from None

    def begin(self) -> None:
        """The answer takes a while: listen whether somebody still waits for it."""
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._task.cancel()
