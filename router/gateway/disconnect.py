"""Ends what is computed for a client that has gone away."""

from __future__ import annotations

import asyncio
from types import TracebackType

from starlette.types import Receive

from router.gateway.reading import ClientGoneError

__all__ = ["unless_client_leaves"]

_FIRST_LOOK_SECONDS = 0.25
"""Answers that come sooner, which is nearly all, cost no task for watching."""


class unless_client_leaves:  # noqa: N801 - read as a statement: ``async with unless_client_leaves(receive):``
    """Cancels its block when the client disconnects, and raises ``ClientGoneError`` then. For work without effects."""

    __slots__ = ("_gone", "_receive", "_task", "_timer", "_watching")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._gone = False
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("not inside a task")
        self._task = task
        self._timer = asyncio.get_running_loop().call_later(_FIRST_LOOK_SECONDS, self._begin)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watching is not None:
            self._watching.cancel()
        if self._gone and kind is asyncio.CancelledError:
            self._task.uncancel()
            raise ClientGoneError from None

    def _begin(self) -> None:
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._task.cancel()
