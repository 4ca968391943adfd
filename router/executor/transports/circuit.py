"""A circuit breaker around a transport: a subgraph that is away is left alone for a while.

Who waits for it would wait for nothing, and while it comes back, everybody's requests at once are what it needs least.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from router.executor.transports.protocol import (
    Headers,
    SubgraphProtocolError,
    SubgraphResponse,
    SubgraphTimeout,
    SubgraphTransport,
    SubgraphUnreachable,
)

__all__ = ["CircuitBreaker", "CircuitLimits"]

_AWAY = frozenset((502, 503, 504))
"""What whoever stands before a subgraph answers when it is away (RFC 9110 §15.6)."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CircuitLimits:
    """When a circuit opens, and for how long."""

    failures: int = 5
    """Calls without an answer in a row that open it."""
    open_seconds: float = 2.0
    """How long it refuses all calls; then one at a time may try whether the subgraph is back, as often as that."""
    patience: float = 0.0
    """A timeout counts when the call had so many seconds: one that came late in its request says nothing."""


class CircuitBreaker:
    """The transport of one subgraph, closed at first.

    Open, ``post`` raises ``SubgraphUnreachable`` at once. Any answer closes it again, and so do answers to calls that
    began before it opened. An answer that is no HTTP or too large is one, too: somebody is there.
    """

    def __init__(
        self,
        transport: SubgraphTransport,
        name: str,
        limits: CircuitLimits,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._transport = transport
        self._name = name
        self._limits = limits
        self._clock = clock
        self._failures = 0
        self._refuses_until: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether calls are refused, but for those that try."""
        return self._refuses_until is not None

    async def post(self, body: bytes, headers: Headers, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109 - as in the protocol
        if self._refuses_until is not None:
            self._take_turn(self._refuses_until)
        try:
            response = await self._transport.post(body, headers, timeout)
        except SubgraphProtocolError:
            self._succeeded()
            raise
        except SubgraphUnreachable as error:
            self._failed(error)
            raise
        except SubgraphTimeout as error:
            if timeout >= self._limits.patience:
                self._failed(error)
            raise
        if response.status in _AWAY:
            self._failed(f"HTTP status {response.status}")
        elif self._failures:
            self._succeeded()
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()

    def _take_turn(self, refuses_until: float) -> None:
        now = self._clock()
        if now < refuses_until:
            raise SubgraphUnreachable("it did not answer several times in a row and is left alone for a moment")
        self._refuses_until = now + self._limits.open_seconds  # the others wait for what this call finds

    def _failed(self, why: object) -> None:
        self._failures += 1
        if self._failures >= self._limits.failures:
            if self._refuses_until is None:
                _log.warning("subgraph %s is left alone after %d failures: %s", self._name, self._failures, why)
            self._refuses_until = self._clock() + self._limits.open_seconds

    def _succeeded(self) -> None:
        if self._refuses_until is not None:
            _log.info("subgraph %s answers again", self._name)
        self._failures = 0
        self._refuses_until = None
