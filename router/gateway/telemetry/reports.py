"""Tells the operator of requests that are over, many at a time.

After each request its code and data would have to come into the processor's caches anew, which takes twice as long.
What was not told yet when the process is killed is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from router.gateway.telemetry.access_log import AccessLog
from router.gateway.telemetry.metrics import Metrics
from router.gateway.telemetry.report import Report

__all__ = ["Reports"]

_SECONDS_HELD = 0.05
_MOST_HELD = 500


class Reports:
    """Holds reports back for at most a twentieth of a second; ``phases`` are those of a request, in order."""

    def __init__(self, metrics: Metrics, access_log: AccessLog | None, phases: Sequence[str]) -> None:
        self._metrics = metrics
        self._access_log = access_log
        self._phases = [metrics.phase(name) for name in phases]
        self._serialise = metrics.phase("serialise")
        self._held: list[Report] = []

    def add(self, report: Report) -> None:
        """A request is over."""
        held = self._held
        if not held:
            asyncio.get_running_loop().call_later(_SECONDS_HELD, self.flush)
        held.append(report)
        if len(held) >= _MOST_HELD:
            self.flush()

    def flush(self) -> None:
        """Tell what is held back."""
        held, self._held = self._held, []
        if not held:
            return
        for at, phase in enumerate(self._phases, 1):
            phase.observe_all([clock[at] - clock[at - 1] for report in held if at < len(clock := report.clock)])
        self._serialise.observe_all([report.serialising for report in held if report.serialising])
        for report in held:
            self._count(report)
        if self._access_log is not None:
            self._access_log.write(held)

    def _count(self, report: Report) -> None:
        metrics = self._metrics
        if not report.streamed:
            metrics.requests.of(report.protocol or str(report.status)).observe(report.seconds)
        if report.operation is not None:
            report.operation.executed.value += 1
        metrics.count_fetches(report.fetches)
        for code in report.codes:
            metrics.count_error(code)
