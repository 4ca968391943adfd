"""All open subscriptions of a router: how many there may be, and what ends them from outside."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TYPE_CHECKING

from router.executor import Response
from router.gateway.config import SubscriptionsConfig
from router.gateway.errors import RequestError
from router.gateway.identity import Identity
from router.gateway.subscriptions.endings import DRAINED, SCHEMA_RELOADED, SESSIONS_UNKNOWN, Ending, lapsed
from router.gateway.subscriptions.subscription import Subscription
from router.gateway.telemetry import Metrics

if TYPE_CHECKING:
    from router.gateway.engine import Engine
    from router.gateway.engine_slot import EngineSlot
    from router.gateway.request import RequestState

__all__ = ["Subscriptions"]

_SESSIONS_GRACE_SECONDS = 5.0
"""How long sessions may be impossible to check before the subscriptions of authenticated callers end."""

_log = logging.getLogger("router.subscriptions")


class Subscriptions:
    """Knows every open subscription. ``watch`` runs beside them and ends those whose caller may not go on."""

    def __init__(self, config: SubscriptionsConfig, engines: EngineSlot, identity: Identity, metrics: Metrics) -> None:
        self.config = config
        self.draining = False
        self._engines = engines
        self._identity = identity
        self._metrics = metrics
        self._open: dict[Subscription, tuple[Engine, str]] = {}
        engines.on_replaced(self._end_of_engine)
        metrics.gauge_by("router_subscriptions_open", "Subscriptions under way.", self._count, ["protocol"])

    def __len__(self) -> int:
        return len(self._open)

    def open(
        self,
        request: RequestState,
        events: AsyncGenerator[bytes, None],
        complete: Callable[[bytes], Awaitable[Response]],
        failed: Callable[[Exception], Ending],
    ) -> Subscription:
        """Begin; to be given back with ``close``.

        Raises ``RequestError`` (503): SUBSCRIPTION_LIMIT_REACHED when there are too many already, SERVICE_UNAVAILABLE
        when the router is being stopped.
        """
        config = self.config
        if self.draining:
            raise RequestError(503, "SERVICE_UNAVAILABLE", "This router is being stopped.")
        if len(self._open) >= config.per_router:
            raise RequestError(503, "SUBSCRIPTION_LIMIT_REACHED", "Too many subscriptions are open. Try again later.")
        subscription = Subscription(
            request.caller,
            events,
            complete,
            failed,
            buffered=config.buffered_events,
            slow_client_seconds=config.slow_client_seconds,
        )
        request.engine.users += 1
        protocol = "none" if request.stream is None else request.stream.value
        self._open[subscription] = request.engine, protocol
        return subscription

    async def close(self, subscription: Subscription) -> None:
        """The subscription is over, or nobody listens any more."""
        engine, protocol = self._open.pop(subscription)
        try:
            await subscription.aclose()
        finally:
            self._engines.release(engine)
            reason = "client" if subscription.ending is None else subscription.ending.reason
            self._metrics.subscriptions_ended.add((protocol, reason))

    def sent(self, subscription: Subscription, response: Response) -> None:
        """Count an event that is being delivered."""
        self._metrics.events.add((self._open[subscription][1],))
        self._metrics.count_fetches(response.fetches)
        for error in response.errors:
            self._metrics.count_error((error.get("extensions") or {}).get("code"))

    def drain(self) -> None:
        """End everything, and let nothing new begin."""
        self.draining = True
        for subscription in [*self._open]:
            subscription.end(DRAINED)

    async def watch(self) -> None:
        """Until cancelled: end subscriptions whose session has ended or whose token has expired."""
        loop = asyncio.get_running_loop()
        known_at = loop.time()
        while True:
            await asyncio.sleep(self.config.session_check_seconds)
            watched = [subscription for subscription in self._open if subscription.caller.is_authenticated]
            if await self._end_lapsed(watched):
                known_at = loop.time()
            elif loop.time() - known_at >= _SESSIONS_GRACE_SECONDS:
                _log.warning("Sessions cannot be checked: %d subscriptions are ended.", len(watched))
                for subscription in watched:
                    subscription.end(SESSIONS_UNKNOWN)

    async def _end_lapsed(self, watched: list[Subscription]) -> bool:
        """False when sessions cannot be checked."""
        if not watched:
            return True
        try:
            reasons = await self._identity.lapsed([subscription.caller for subscription in watched])
        except RequestError:
            return False
        except Exception:
            _log.exception("Sessions cannot be checked")
            return False
        for subscription, reason in zip(watched, reasons, strict=True):
            if reason is not None:
                subscription.end(lapsed(reason))
        return True

    def _end_of_engine(self, engine: Engine) -> None:
        for subscription, (used, _) in [*self._open.items()]:
            if used is engine:
                subscription.end(SCHEMA_RELOADED)

    def _count(self) -> dict[tuple[str, ...], float]:
        counted: dict[tuple[str, ...], float] = {}
        for _, protocol in self._open.values():
            counted[(protocol,)] = counted.get((protocol,), 0.0) + 1
        return counted
