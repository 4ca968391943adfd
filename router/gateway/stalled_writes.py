"""Connections whose client takes nothing of what waits for it."""

from __future__ import annotations

import asyncio

__all__ = ["StalledWrites"]

_MAX_STALL_SECONDS = 20.0


class StalledWrites:
    """Watches a transport while it asks its writers to wait, and aborts it when its peer takes nothing any more."""

    def __init__(self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport) -> None:
        self._loop = loop
        self._transport = transport
        self._left = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """The transport asks its writers to wait."""
        self._left = self._transport.get_write_buffer_size()
        self._timer = self._loop.call_later(_MAX_STALL_SECONDS, self._look)

    def end(self) -> None:
        """Writing goes on, or the connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        if self._transport.get_write_buffer_size() >= self._left:
            self._transport.abort()
        else:
            self.begin()
