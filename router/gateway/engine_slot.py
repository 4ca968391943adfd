"""The place of the engine that serves, and the rules for replacing it.

A new supergraph is a new engine. It is put in place only when it is complete, in one assignment: a supergraph that
cannot be read, or that needs something this router does not have, never replaces one that serves. Requests end on
the engine they began on; connections that only an old engine used are closed when its last request has ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from random import random

from graphql import GraphQLError

from router.executor import AsgiTransport, CircuitBreaker, CircuitLimits, HttpTransport, SubgraphTransport
from router.executor.streams import AsgiStreams, EventStreams, StreamLimits, WebSocketStreams
from router.gateway.config import GatewayConfig, SubgraphConfig
from router.gateway.engine import Engine
from router.gateway.features import unknown_features
from router.gateway.preparing import Preparations
from router.gateway.telemetry import Metrics
from router.supergraph import Supergraph, SupergraphError

__all__ = ["EngineSlot", "SupergraphError"]

_log = logging.getLogger("router.engine")


class EngineSlot:
    """Holds the engine that serves. ``transports`` are used instead of HTTP for the subgraphs they name.

    ``draw`` decides which requests a percentage of ``@override`` is on for.
    """

    def __init__(
        self,
        config: GatewayConfig,
        metrics: Metrics,
        transports: Mapping[str, SubgraphTransport] | None = None,
        draw: Callable[[], float] = random,
    ) -> None:
        self._config = config
        self._metrics = metrics
        self._draw = draw
        self._preparations = Preparations(config.limits.preparing)
        self._given = dict(transports or {})
        self._made: dict[tuple[str, str], SubgraphTransport] = {}
        self._engine: Engine | None = None
        self._retired: set[Engine] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._tell_replaced: Callable[[Engine], None] = lambda _: None

    @property
    def current(self) -> Engine:
        """The engine for new requests; raises ``SupergraphError`` until one was loaded."""
        if self._engine is None:
            raise SupergraphError("No supergraph is loaded.")
        return self._engine

    @property
    def engines(self) -> int:
        """How many engines are alive: one, and those with requests from before a replacement."""
        return len(self._retired) + (self._engine is not None)

    @property
    def preparing(self) -> int:
        """How many large operations are being made ready, or wait for it."""
        return len(self._preparations)

    def circuits(self) -> dict[tuple[str, ...], float]:
        """By subgraph, 1 when it is left alone because it does not answer, else 0; for metrics."""
        transports = {} if self._engine is None else self._engine.transports
        return {
            (name,): float(transport.is_open)
            for name, transport in sorted(transports.items())
            if isinstance(transport, CircuitBreaker)
        }

    def on_replaced(self, tell: Callable[[Engine], None]) -> None:
        """``tell`` is called with an engine that serves nothing new any more: what never ends by itself must now."""
        self._tell_replaced = tell

    def load(self, sdl: str) -> None:
        """Serve the supergraph from now on; raises ``SupergraphError`` and then changes nothing.

        Reads all of the SDL, and makes a query graph of it for each set of override labels that requests may have on.
        """
        self._replace(self._build(sdl))

    async def reload(self, sdl: str) -> None:
        """Like ``load``, in a thread beside the requests that go on meanwhile; operations are made ready anew."""
        try:
            engine = await asyncio.to_thread(self._build, sdl)
        except SupergraphError:
            self._metrics.reloads.add(("refused",))
            raise
        self._replace(engine)
        self._metrics.reloads.add(("replaced",))
        _log.info("The supergraph was replaced.")

    def acquire(self) -> Engine:
        """The current engine, to be given back with ``release``."""
        engine = self.current
        engine.users += 1
        return engine

    def release(self, engine: Engine) -> None:
        """A request has ended."""
        engine.users -= 1
        if engine.users == 0 and engine in self._retired:
            self._forget(engine)

    async def close(self) -> None:
        """Begin no work, and close the transports made here; given ones are closed by who gave them."""
        self._preparations.close()
        await asyncio.gather(*self._closing, *(transport.aclose() for transport in self._made.values()))
        self._made.clear()

    def _replace(self, engine: Engine) -> None:
        old, self._engine = self._engine, engine
        if old is not None:
            self._retired.add(old)
            self._tell_replaced(old)
            if old.users == 0:
                self._forget(old)

    def _forget(self, engine: Engine) -> None:
        self._retired.discard(engine)
        used = {id(transport) for kept in (self.current, *self._retired) for transport in kept.transports.values()}
        for key, transport in [*self._made.items()]:
            if id(transport) not in used:
                del self._made[key]
                task = asyncio.ensure_future(transport.aclose())
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)

    def _build(self, sdl: str) -> Engine:
        try:
            unknown = unknown_features(sdl)
        except GraphQLError as error:
            raise SupergraphError(f"The supergraph is not GraphQL SDL: {error.message}") from error
        if unknown:
            raise SupergraphError(f"The supergraph needs {', '.join(unknown)}, which this router does not know.")
        supergraph = Supergraph.from_sdl(sdl)
        transports = {name: self._transport(name, url) for name, url in supergraph.subgraphs.items()}
        streams = {
            name: found for name, url in supergraph.subgraphs.items() if (found := self._streams(name, url)) is not None
        }
        return Engine(supergraph, transports, streams, self._config, self._metrics, self._draw, self._preparations)

    def _streams(self, name: str, routing_url: str) -> EventStreams | None:
        config = self._config.subscriptions
        limits = StreamLimits(config.connect_timeout, config.ack_timeout, max_event_bytes=config.max_event_bytes)
        own = self._config.subgraphs.get(name, SubgraphConfig())
        given = self._given.get(name)
        if given is not None and own.subscription_url is None:
            return AsgiStreams(given.app, given.url, limits) if isinstance(given, AsgiTransport) else None
        url = own.subscription_url or own.url or routing_url
        try:
            if own.subscription_protocol == "sse":
                from router.executor.streams.sse import SseStreams  # not imported for nothing: see the package

                return SseStreams(url, limits=limits)
            return WebSocketStreams(url, limits=limits)
        except ValueError as error:
            raise SupergraphError(f"Subgraph {name!r} cannot be subscribed to at {url!r}: {error}") from error

    def _transport(self, name: str, routing_url: str) -> SubgraphTransport:
        if name in self._given:
            return self._given[name]
        own = self._config.subgraphs.get(name)
        url = routing_url if own is None or own.url is None else own.url
        transport = self._made.get((name, url))
        if transport is None:
            try:
                transport = self._made[name, url] = self._guarded(name, HttpTransport(url))
            except ValueError as error:
                raise SupergraphError(f"Subgraph {name!r} cannot be reached at {url!r}: {error}") from error
        return transport

    def _guarded(self, name: str, transport: SubgraphTransport) -> SubgraphTransport:
        config = self._config.circuit
        if config.failures == 0:
            return transport
        limits = CircuitLimits(config.failures, config.open_seconds, self._config.subgraph_timeout(name))
        return CircuitBreaker(transport, name, limits)
