"""Whether the router lives, whether it can serve, and its metrics."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from router.executor import SubgraphTransport
from router.executor.transports import TransportError
from router.gateway.config import ReadinessConfig
from router.gateway.engine_slot import EngineSlot
from router.gateway.identity import Identity
from router.gateway.telemetry import Metrics, Reports
from router.gateway.telemetry.metrics import CONTENT_TYPE

__all__ = ["Health"]

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROBE = b'{"query":"{__typename}"}'


class Health:
    """``/health`` (live), ``/ready`` (can serve) and ``/metrics``."""

    def __init__(
        self, engines: EngineSlot, identity: Identity, metrics: Metrics, reports: Reports, config: ReadinessConfig
    ) -> None:
        self._engines = engines
        self._identity = identity
        self._metrics = metrics
        self._reports = reports
        self._config = config
        self.draining = False
        """Set when the process has been asked to end: not ready any more, though still serving."""

    def routes(self) -> list[Route]:
        """The routes of this module."""
        return [
            Route("/health", self._health, methods=["GET"]),
            Route("/ready", self._ready, methods=["GET"]),
            Route("/metrics", self._show_metrics, methods=["GET"]),
        ]

    async def checks(self) -> dict[str, bool]:
        """Each thing that serving needs and whether it is there."""
        checks = {"supergraph": self._engines.engines > 0, "accepting": not self.draining}
        checks |= await self._identity.readiness()
        if self._config.subgraphs:
            checks |= await self._probe_subgraphs(self._engines.current.transports)
        return checks

    async def _probe_subgraphs(self, transports: Mapping[str, SubgraphTransport]) -> dict[str, bool]:
        answers = await asyncio.gather(*(self._answers(transport) for transport in transports.values()))
        return {f"subgraph {name}": answer for name, answer in zip(transports, answers, strict=True)}

    async def _answers(self, transport: SubgraphTransport) -> bool:
        try:
            response = await transport.post(_PROBE, (), self._config.timeout)
        except TransportError:
            return False
        return response.status == 200

    async def _health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _ready(self, request: Request) -> Response:
        checks = await self.checks()
        ready = all(checks.values())
        return JSONResponse({"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503)

    async def _show_metrics(self, request: Request) -> Response:
        self._reports.flush()
        return Response(self._metrics.render(), media_type=CONTENT_TYPE)
