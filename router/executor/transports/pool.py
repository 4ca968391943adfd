"""The connections of one origin: taken, given back, opened up to a maximum, and closed when an answer is overdue."""

from __future__ import annotations

import asyncio
import math
import os
import ssl
from collections import deque
from dataclasses import dataclass

from router.executor.transports.connection import Connection
from router.executor.transports.protocol import SubgraphTimeout, SubgraphUnreachable

__all__ = ["HttpLimits", "Origin", "OriginPool"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where connections go: a host and port, or a unix socket; ``tls`` is the context of an https origin."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    unix_path: str | None = None


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bounds of a pool. ``keep_alive`` stays below the 5 s after which common Python servers close idle connections."""

    max_connections: int = 100
    connect_timeout: float = 5.0
    keep_alive: float = 4.0
    max_answer_bytes: int = 64 * 1024 * 1024


class OriginPool:
    """At most ``max_connections`` are open or opening. Whoever finds none free waits, first come first served.

    Overdue answers are found by one timer for the whole pool, set to the earliest deadline there was when it was set:
    an answer in time costs no timer of its own.
    """

    def __init__(self, origin: Origin, limits: HttpLimits) -> None:
        self.origin = origin
        self.limits = limits
        self.loop = asyncio.get_running_loop()
        self._idle: deque[Connection] = deque()
        self._busy: set[Connection] = set()
        self._opening = 0
        self._waiters: deque[asyncio.Future[Connection | None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._closed = False

    def take_idle(self, deadline: float) -> Connection | None:
        """The connection used last, if one is free, alive and fresh; it is busy from now on."""
        idle = self._idle
        stale = self.loop.time() - self.limits.keep_alive
        while idle:
            connection = idle.pop()
            if connection.idle_since < stale or connection.closing:
                connection.abort()
                continue
            self._engage(connection, deadline)
            return connection
        return None

    async def acquire(self, deadline: float) -> tuple[Connection, bool]:
        """A busy connection, and whether it has been used before."""
        while True:
            connection = self.take_idle(deadline)
            if connection is not None:
                return connection, True
            if len(self._busy) + self._opening < self.limits.max_connections:
                return await self.open(deadline), False
            connection = await self._wait(deadline)
            if connection is not None and not connection.closing:
                self._engage(connection, deadline)
                return connection, True

    async def open(self, deadline: float) -> Connection:
        """A new busy connection, counted against the maximum from the first moment."""
        self._refuse_when_closed()
        self._opening += 1
        try:
            connection = await self._connect(deadline)
        except BaseException:
            self._opening -= 1
            self._wake(None)
            raise
        self._opening -= 1
        self._engage(connection, deadline)
        self._refuse_when_closed(connection)
        return connection

    async def acquire_new(self, deadline: float) -> Connection:
        """A connection that was never used, after one turned out to be closed; only a full pool gives a used one."""
        if self._idle:
            self._idle.popleft().abort()
        if len(self._busy) + self._opening < self.limits.max_connections:
            return await self.open(deadline)
        connection, _ = await self.acquire(deadline)
        return connection

    def release(self, connection: Connection) -> None:
        """Give back after an exchange, whatever its outcome."""
        if not connection.reusable or connection.closing:
            self._busy.discard(connection)
            connection.abort()
            self._wake(None)
            return
        connection.deadline = math.inf  # no answer is due while it changes hands
        if not self._waiters or not self._wake(connection):
            self._busy.discard(connection)
            connection.idle_since = self.loop.time()
            self._idle.append(connection)

    def forget(self, connection: Connection) -> None:
        """A connection has closed."""
        if connection in self._busy:
            self._busy.discard(connection)
            self._wake(None)
        elif connection in self._idle:
            self._idle.remove(connection)

    def close(self) -> None:
        """Abort every connection; exchanges in flight and waiters fail."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for connection in [*self._busy]:
            connection.fail(SubgraphUnreachable("the transport is closed"))
        for connection in [*self._idle]:
            connection.abort()
        self._idle.clear()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(SubgraphUnreachable("the transport is closed"))

    def _refuse_when_closed(self, connection: Connection | None = None) -> None:
        if self._closed:
            if connection is not None:
                connection.abort()
            raise SubgraphUnreachable("the transport is closed")

    async def _connect(self, deadline: float) -> Connection:
        try:
            async with asyncio.timeout_at(min(deadline, self.loop.time() + self.limits.connect_timeout)):
                return await self._establish()
        except TimeoutError:
            raise SubgraphTimeout("the connection was not established in time") from None
        except OSError as error:  # of which ssl.SSLError is one
            raise SubgraphUnreachable(f"cannot connect: {_reason(error)}") from error

    async def _establish(self) -> Connection:
        origin = self.origin
        if origin.unix_path is not None:
            _, connection = await self.loop.create_unix_connection(lambda: Connection(self), origin.unix_path)
        else:
            _, connection = await self.loop.create_connection(
                lambda: Connection(self),
                origin.host,
                origin.port,
                ssl=origin.tls,
                server_hostname=origin.host if origin.tls is not None else None,
            )
        return connection

    def _engage(self, connection: Connection, deadline: float) -> None:
        self._busy.add(connection)
        connection.deadline = deadline
        if self._timer is None:
            self._set_timer(deadline)
        elif deadline < self._timer_at:
            self._timer.cancel()
            self._set_timer(deadline)

    def _set_timer(self, at: float) -> None:
        self._timer_at = at
        self._timer = self.loop.call_at(at, self._end_overdue)

    def _end_overdue(self) -> None:
        self._timer = None
        now = self.loop.time()
        earliest = math.inf
        for connection in [*self._busy]:
            if connection.deadline <= now:
                connection.fail(SubgraphTimeout("no complete answer in time"))
            elif connection.deadline < earliest:
                earliest = connection.deadline
        if earliest < math.inf:
            self._set_timer(earliest)

    async def _wait(self, deadline: float) -> Connection | None:
        """The connection somebody gave back, or None when there is room for a new one."""
        waiter: asyncio.Future[Connection | None] = self.loop.create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout_at(deadline):
                return await waiter
        except BaseException as error:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._pass_on(waiter.result())
            if isinstance(error, TimeoutError):
                raise SubgraphTimeout("no connection became free in time") from None
            raise

    def _pass_on(self, connection: Connection | None) -> None:
        if connection is None:
            self._wake(None)
        else:
            self.release(connection)

    def _wake(self, connection: Connection | None) -> bool:
        """Hand the first waiter a connection, or the word that there is room for one; False when nobody waits."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return True
        return False


def _reason(error: OSError) -> str:
    """What went wrong, without the addresses that asyncio writes into its own message."""
    if isinstance(error, ssl.SSLError):
        return error.reason or "TLS handshake failed"
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or "no connection"
