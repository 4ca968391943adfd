"""The ASGI application of a room: /graphql by POST and WebSocket, /livez, /readyz, /metrics, and what runs beside.

``build_app(ROOM, settings, redis=..., peers=...)``; a room's ``app.py`` wraps it in its ``create_app``. The lifespan
opens the database, the peers and Redis, starts upkeep, relay, consumer and the room's workers, and on shutdown stops
them before it closes what they use. Readiness is refused while migrations are pending (S-058) or the database is away.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
from prometheus_client.registry import Collector
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from subgraphs.kernel.consumer import Consumer
from subgraphs.kernel.context import RequestContext, RunningRoom
from subgraphs.kernel.database import Database, connection_states
from subgraphs.kernel.event_metrics import progress, waiting
from subgraphs.kernel.events import Listens, stream_name
from subgraphs.kernel.execution import Executor
from subgraphs.kernel.federation import SubgraphSchema
from subgraphs.kernel.feed import Feed
from subgraphs.kernel.identity import ServiceSigner
from subgraphs.kernel.loaders import RequestLoaders
from subgraphs.kernel.metrics import RoomMetrics
from subgraphs.kernel.migrations import pending_migrations
from subgraphs.kernel.outbox import Relay
from subgraphs.kernel.refusals import Unavailable
from subgraphs.kernel.requests import Requests, json_response
from subgraphs.kernel.service_client import Peer, ServiceClient
from subgraphs.kernel.settings import RoomSettings
from subgraphs.kernel.upkeep import NOTHING_OF_ITS_OWN, Upkeep, keep_up

Worker = Callable[[RunningRoom], Awaitable[None]]

logger = logging.getLogger("stoa.app")


@dataclass(frozen=True, slots=True)
class Room:
    """What makes a room a service; the only argument of :func:`build_app` that a room writes itself."""

    name: str
    schema: SubgraphSchema
    database: Database
    loaders: Callable[[RequestContext], RequestLoaders] = RequestLoaders
    listens: Sequence[Listens] = ()
    workers: Sequence[Worker] = ()  # run until cancelled, e.g. a saga worker
    upkeep: Upkeep = NOTHING_OF_ITS_OWN
    resources: Callable[[RunningRoom], contextlib.AbstractAsyncContextManager[Any]] | None = None  # its adapters
    metrics: Sequence[Collector] = ()  # further Prometheus metrics, made with ``registry=None``
    routes: Sequence[BaseRoute] = ()  # further HTTP routes, e.g. /.well-known/jwks.json


class RoomApp(Starlette):
    """A Starlette application that knows its running room (``app.room``, while the lifespan lasts)."""

    room: RunningRoom
    metrics: RoomMetrics
    sockets: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """WebSockets at /graphql pass Starlette's routing, which would hide how they end."""
        serve = self.sockets if scope["type"] == "websocket" and scope["path"] == "/graphql" else super().__call__
        await serve(scope, receive, send)


def build_app(
    room: Room,
    settings: RoomSettings,
    *,
    redis: str | None = None,
    peers: Mapping[str, Peer] | None = None,
    background: bool = True,
) -> RoomApp:
    """The application. ``redis`` overrides the settings' URL; ``peers`` maps room names to URLs or ASGI applications.

    ``background=False`` starts neither relay nor consumer nor workers: for tests that step them by hand.
    """
    service = _Service(room, settings, redis or settings.redis_url, {**settings.peers, **(peers or {})}, background)
    app = RoomApp(
        routes=[
            Route("/graphql", service.requests.graphql, methods=["POST"]),
            Route("/livez", service.livez),
            Route("/readyz", service.readyz),
            Route("/metrics", service.exposition),
            *room.routes,
        ],
        lifespan=service.lifespan,
    )
    app.metrics = service.metrics
    app.sockets = service.requests.socket
    return app


class _Service:
    def __init__(
        self, room: Room, settings: RoomSettings, redis_url: str | None, peers: Mapping[str, Peer], background: bool
    ) -> None:
        self.room = room
        self.settings = settings
        self.redis_url = redis_url
        self.peers = peers
        self.background = background
        self.metrics = RoomMetrics(room.name)
        for collector in room.metrics:
            self.metrics.registry.register(collector)
        executor = Executor(room.schema._schema)
        self.requests = Requests(executor, room.loaders, settings, self.metrics, lambda: self.running)
        self.signer = ServiceSigner.from_file(room.name, settings.service_key) if settings.service_key else None
        self.running: RunningRoom | None = None
        self.migrated = False

    # -- life -------------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def lifespan(self, app: RoomApp) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.room.database.opened(self.settings.database))
            self.room.database.metrics = self.metrics.database
            stack.callback(setattr, self.room.database, "metrics", None)
            running = RunningRoom(self.room.name, self.settings, self.room.database, redis_url=self.redis_url)
            if self.redis_url:
                running.redis = Redis.from_url(self.redis_url)
                stack.push_async_callback(running.redis.aclose)
                running.feed = Feed(running.redis, self.room.name)
                stack.push_async_callback(running.feed.aclose)
            running.peers = {
                name: ServiceClient(name, peer, self.signer, self.settings.peer_timeout)
                for name, peer in self.peers.items()
            }
            for client in running.peers.values():
                stack.push_async_callback(client.aclose)
            if self.room.resources is not None:
                running.resources = await stack.enter_async_context(self.room.resources(running))
            self.running = app.room = running
            stack.push_async_callback(_stop, self._start_background(running))
            yield
            self.running = None

    def _start_background(self, running: RunningRoom) -> list[asyncio.Task[None]]:
        if not self.background:
            return []
        work: list[Awaitable[None]] = [keep_up(running, self.room.upkeep)]
        work += [worker(running) for worker in self.room.workers]
        if running.redis is not None:
            work.append(Relay(running.database, running.redis, self.metrics).run())
            if self.room.listens:
                work.append(Consumer(running, self.room.listens, self.metrics).run())
        return [asyncio.ensure_future(item) for item in work]

    # -- probes -----------------------------------------------------------------------------------------------------

    async def livez(self, request: Request) -> Response:
        return json_response({"status": "ok"})

    async def readyz(self, request: Request) -> Response:
        reasons = await self._unready_reasons()
        return json_response(
            {"status": "unready" if reasons else "ok", "reasons": reasons}, status=503 if reasons else 200
        )

    async def _unready_reasons(self) -> list[str]:
        running = self.running
        if running is None:
            return ["the service is not running"]
        reasons = []
        try:
            if self.migrated:
                await running.database.fetch_value("SELECT 1")
            elif pending := await pending_migrations(self.room.name, running.database):
                reasons.append(f"{len(pending)} migrations are pending, first {pending[0]}")
            else:
                self.migrated = True
        except (Unavailable, asyncpg.PostgresError, TimeoutError) as error:
            reasons.append(f"the database does not answer: {error}")
        if running.redis is not None:
            try:
                await asyncio.wait_for(running.redis.ping(), 2)
            except (RedisError, OSError, TimeoutError) as error:
                reasons.append(f"redis does not answer: {error}")
        return reasons

    async def exposition(self, request: Request) -> Response:
        pool = self.room.database.pool
        if pool is not None:
            self.metrics.database.pool_size.set(pool.get_size())
            self.metrics.database.pool_idle.set(pool.get_idle_size())
        feed = None if self.running is None else self.running.feed
        self.metrics.followers.set(0 if feed is None else feed.followers)
        await self._measure_database()
        return Response(self.metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _measure_database(self) -> None:
        """What cannot be asked now keeps its last value: a scrape never fails for an outage it should show."""
        running = self.running
        if running is None:
            return
        with contextlib.suppress(Unavailable, asyncpg.PostgresError, TimeoutError):
            outbox = await waiting(running.database)
            self.metrics.unpublished.set(outbox.count)
            self.metrics.oldest_unpublished.set(outbox.oldest_seconds)
            self.metrics.database.count_connections(await connection_states(running.database))
        await self._measure_streams(running)

    async def _measure_streams(self, running: RunningRoom) -> None:
        if running.redis is None:
            return
        streams = {stream_name(item.service) for item in self.room.listens}
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(2):
                for stream, where in (await progress(running.redis, streams, self.room.name)).items():
                    self.metrics.lag.labels(stream).set(where.lag)
                    self.metrics.pending.labels(stream).set(where.pending)


async def _stop(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel until every task has ended: a library in the middle of something may lose one cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.5)
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("background work had failed", exc_info=error)
