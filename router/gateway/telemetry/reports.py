"""Tells the operator of requests that are over, many at a time.

After each request its code and data would have to come into the processor's caches anew, which takes twice as long.
What was not told yet when the process is killed is lost.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from operator import attrgetter, sub

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
        self._observe_phases([report.clock for report in held])
        self._serialise.observe_all([report.serialising for report in held if report.serialising])
        self._count(held)
        self._metrics.count_fetches(chain.from_iterable(map(attrgetter("fetches"), held)))
        if self._access_log is not None:
            self._access_log.write(held)

    def _observe_phases(self, clocks: Sequence[Sequence[float]]) -> None:
        """Phase by phase for requests that completed all, one by one for the few others."""
        ticks = len(self._phases) + 1
        columns = [*zip(*[clock for clock in clocks if len(clock) == ticks], strict=True)]
        for phase, before, after in zip(self._phases, columns, columns[1:], strict=False):
            phase.observe_all([*map(sub, after, before)])
        for clock in clocks:
            if len(clock) < ticks:
                for phase, began, ended in zip(self._phases, clock, clock[1:], strict=False):
                    phase.observe(ended - began)

    def _count(self, reports: Sequence[Report]) -> None:
        seconds: defaultdict[str | int, list[float]] = defaultdict(list)
        for report in reports:
            if not report.streamed:
                seconds[report.protocol or report.status].append(report.seconds)
            if report.operation is not None:
                report.operation.executed.value += 1
            for code in report.codes:
                self._metrics.count_error(code)
        for label, durations in seconds.items():
            self._metrics.requests.of(str(label)).observe_all(durations)
