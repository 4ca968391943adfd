"""A subgraph transport that measures another: duration by outcome, and bytes."""

from __future__ import annotations

import asyncio
from time import perf_counter

from router.executor.transports import Headers, SubgraphResponse, SubgraphTimeout, SubgraphTransport
from router.gateway.telemetry.metrics import Metrics

__all__ = ["MeasuredTransport"]


class MeasuredTransport:
    """Passes everything on and counts it for the subgraph ``name``."""

    def __init__(self, name: str, transport: SubgraphTransport, metrics: Metrics) -> None:
        self._transport = transport
        self._name = (name,)
        self._bytes = metrics.fetched_bytes
        self._answered = metrics.fetches.of(name, "answered")
        self._refused = metrics.fetches.of(name, "http_error")
        self._late = metrics.fetches.of(name, "timeout")
        self._unreachable = metrics.fetches.of(name, "unreachable")
        self._cancelled = metrics.fetches.of(name, "cancelled")

    async def post(self, body: bytes, headers: Headers, timeout: float) -> SubgraphResponse:  # noqa: ASYNC109 - part of the protocol
        started = perf_counter()
        series = self._unreachable
        try:
            response = await self._transport.post(body, headers, timeout)
            series = self._answered if response.status < 400 else self._refused
            self._bytes.add(self._name, len(response.body))
        except SubgraphTimeout:
            series = self._late
            raise
        except asyncio.CancelledError:
            series = self._cancelled
            raise
        finally:
            series.observe(perf_counter() - started)
        return response

    async def aclose(self) -> None:
        """Close the measured transport."""
        await self._transport.aclose()
