"""Counters, gauges and histograms for one event loop, exposed through prometheus-client's collector interface.

The client library's own objects take a lock and search their buckets in Python on every observation. All requests
run on one loop, so plain additions do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

__all__ = ["Count", "Counter", "Gauge", "Histogram", "Series"]

SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
COUNTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
MANY = (10, 30, 100, 300, 1000, 3000, 10_000, 30_000)


class Count:
    """One counter's sum for one combination of labels: add to ``value``."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


class Counter:
    """A sum per label values."""

    def __init__(self, name: str, documentation: str, labels: Sequence[str] = ()) -> None:
        self._describe = (name, documentation, labels)
        self._counts: dict[tuple[str, ...], Count] = {}

    def of(self, *labels: str) -> Count:
        """The sum for these label values, to be kept by whoever counts often."""
        count = self._counts.get(labels)
        if count is None:
            count = self._counts[labels] = Count()
        return count

    def add(self, labels: tuple[str, ...] = (), amount: int = 1) -> None:
        """Count ``amount`` more."""
        self.of(*labels).value += amount

    def collect(self) -> Iterator[Metric]:
        """What prometheus-client asks of a collector."""
        name, documentation, labels = self._describe
        family = CounterMetricFamily(name, documentation, labels=labels)
        for values, count in self._counts.items():
            family.add_metric(values, count.value)
        yield family


class Gauge:
    """Values read when they are asked for."""

    def __init__(
        self,
        name: str,
        documentation: str,
        read: Callable[[], dict[tuple[str, ...], float]],
        labels: Sequence[str] = (),
    ) -> None:
        self._describe = (name, documentation, labels)
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """What prometheus-client asks of a collector."""
        name, documentation, labels = self._describe
        family = GaugeMetricFamily(name, documentation, labels=labels)
        for values, amount in self._read().items():
            family.add_metric(values, amount)
        yield family


class Histogram:
    """Observations per label values, counted in buckets."""

    def __init__(
        self, name: str, documentation: str, labels: Sequence[str] = (), bounds: Sequence[float] = SECONDS
    ) -> None:
        self._describe = (name, documentation, labels)
        self._bounds = list(bounds)
        self._series: dict[tuple[str, ...], Series] = {}

    def of(self, *labels: str) -> Series:
        """The series of these label values, to be kept by whoever observes often."""
        series = self._series.get(labels)
        if series is None:
            series = self._series[labels] = Series(self._bounds)
        return series

    def collect(self) -> Iterator[Metric]:
        """What prometheus-client asks of a collector."""
        name, documentation, labels = self._describe
        family = HistogramMetricFamily(name, documentation, labels=labels)
        for values, series in self._series.items():
            family.add_metric(values, series.buckets(), series.total)
        yield family


class Series:
    """One histogram's numbers for one combination of labels."""

    __slots__ = ("_bounds", "_counts", "total")

    def __init__(self, bounds: list[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one observation."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self.total += value

    def observe_all(self, values: Sequence[float]) -> None:
        """Count one observation for each of ``values``."""
        counts = self._counts
        for bucket in map(bisect_left, repeat(self._bounds), values):
            counts[bucket] += 1
        self.total += sum(values)

    def buckets(self) -> list[tuple[str, float]]:
        """Cumulative counts by upper bound."""
        cumulative = 0
        buckets: list[tuple[str, float]] = []
        for bound, count in zip([*map(str, self._bounds), "+Inf"], self._counts, strict=True):
            cumulative += count
            buckets.append((bound, float(cumulative)))
        return buckets
