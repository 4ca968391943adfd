"""Puts the gateway together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from random import random

from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from router.executor import SubgraphTransport
from router.gateway.authorization import PolicyHook, deny_policies
from router.gateway.config import GatewayConfig
from router.gateway.cors import Cors
from router.gateway.endpoint import GraphQLEndpoint
from router.gateway.engine_slot import EngineSlot
from router.gateway.explorer import Explorer
from router.gateway.health import Health
from router.gateway.identity import identity_provider
from router.gateway.rate_limits import rate_limiter
from router.gateway.stages import Stages
from router.gateway.subscriptions import Subscriptions
from router.gateway.telemetry import AccessLog, Metrics, Reports
from router.gateway.telemetry.lag import watch_loop_lag
from router.gateway.websocket import WebSocketEndpoint
from router.gateway.websocket.operation import OperationRunner

__all__ = ["Gateway", "create_app"]


def create_app(
    config: GatewayConfig,
    supergraph_sdl: str,
    transports: Mapping[str, SubgraphTransport] | None = None,
    grants: PolicyHook = deny_policies,
    draw: Callable[[], float] = random,
) -> Gateway:
    """The router as an ASGI application.

    ``transports`` reach the subgraphs they name, for example in the same process; all others are reached over HTTP at
    the routing URL. ``grants`` decides ``@policy``. ``draw`` gives numbers from 0 up to, but not
    including, 1: which requests a percentage of ``@override`` is on for. Raises ``SupergraphError`` and
    ``ConfigError``.
    """
    return Gateway(config, supergraph_sdl, transports, grants, draw)


class Gateway(Starlette):
    """A Starlette application whose GraphQL endpoint bypasses Starlette's middleware and router."""

    def __init__(
        self,
        config: GatewayConfig,
        supergraph_sdl: str,
        transports: Mapping[str, SubgraphTransport] | None,
        grants: PolicyHook,
        draw: Callable[[], float] = random,
    ) -> None:
        self.config = config
        self.metrics = Metrics(config.telemetry.operation_names)
        self.engines = EngineSlot(config, self.metrics, transports, draw)
        self.engines.load(supergraph_sdl)
        self._identity = identity_provider(config.identity)
        explorer = Explorer(config.graphiql, config.listen.path) if config.graphiql.enabled else None
        self._path = config.listen.path
        self.subscriptions = Subscriptions(config.subscriptions, self.engines, self._identity, self.metrics)
        self._limiter = rate_limiter(config, self.metrics)
        stages = Stages(config, self._identity, grants, self.subscriptions, self._limiter)
        phases = stages.phases()
        access_log = AccessLog() if config.telemetry.access_log else None
        self.reports = Reports(self.metrics, access_log, [name for name, _ in phases])
        self.health = Health(self.engines, self._identity, self.metrics, self.reports, config.readiness)
        self._endpoint = GraphQLEndpoint(
            self.engines, phases, Cors(config.cors), explorer, self.metrics, self.reports, self.subscriptions
        )
        self._websockets = WebSocketEndpoint(
            config,
            self._identity,
            OperationRunner(self.engines, stages.of_messages(), self.subscriptions, self.reports),
        )
        self.metrics.gauge("router_websockets_open", "WebSockets open.", lambda: self._websockets.open)
        self.metrics.gauge("router_engines", "Supergraphs alive.", lambda: self.engines.engines)
        self.metrics.gauge("router_operations_kept", "Operations ready.", lambda: self.engines.current.kept_operations)
        self.metrics.gauge(
            "router_operations_preparing", "Large operations being made ready.", lambda: self.engines.preparing
        )
        self.metrics.gauge_by(
            "router_subgraph_circuit_open",
            "Subgraphs left alone as they do not answer.",
            self.engines.circuits,
            ["subgraph"],
        )
        routes = self.health.routes() + ([] if explorer is None else explorer.routes())
        super().__init__(routes=routes, lifespan=Gateway._lifespan)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == self._path:
            await self._endpoint(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == self._path:
            await self._websockets(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def reload(self, supergraph_sdl: str) -> None:
        """Serve another supergraph without dropping a request; raises ``SupergraphError`` and then changes nothing."""
        await self.engines.reload(supergraph_sdl)

    def drain(self) -> None:
        """End what would not end by itself: subscriptions and WebSockets. Everything else is finished as usual."""
        self.health.draining = True
        self._endpoint.draining = True
        self.subscriptions.drain()
        self._websockets.drain()

    @asynccontextmanager
    async def _lifespan(self) -> AsyncIterator[None]:
        watching = [
            asyncio.create_task(watch_loop_lag(self.metrics)),
            asyncio.create_task(self.subscriptions.watch()),
        ]
        await self._identity.start()
        try:
            yield
        finally:
            self.drain()
            for task in watching:
                task.cancel()
            await self._identity.close()
            if self._limiter is not None:
                await self._limiter.close()
            await self.engines.close()
            self.reports.flush()
