"""The router's metrics and their names, in a registry of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b

from graphql import OperationDefinitionNode
from prometheus_client import CollectorRegistry, generate_latest

from router.executor import FetchRecord
from router.gateway.telemetry.series import COUNTS, MANY, Count, Counter, Gauge, Histogram, Series

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_NAME_BUCKETS = 32
_MAX_CODES = 100


class Metrics:
    """Everything that is counted while requests are answered."""

    def __init__(self, operation_names: Iterable[str] = ()) -> None:
        self._registered = frozenset(operation_names)
        self._codes: set[str] = set()
        self.in_flight = 0
        self.loop_lag = 0.0
        self.requests = Histogram("router_http_request_duration_seconds", "Whole requests by HTTP status.", ["status"])
        self.phases = Histogram("router_phase_duration_seconds", "Time spent in each stage of a request.", ["phase"])
        self.fetches = Histogram(
            "router_subgraph_request_duration_seconds", "Requests to subgraphs.", ["subgraph", "outcome"]
        )
        self.fetched_bytes = Counter("router_subgraph_response_bytes", "Bytes that subgraphs answered.", ["subgraph"])
        self.fetched_entities = Histogram(
            "router_subgraph_request_entities", "Entities asked for in one request.", ["subgraph"], COUNTS
        )
        self.errors = Counter("router_graphql_errors", "Errors in answers by code.", ["code"])
        self.operations = Counter("router_operations", "Operations executed.", ["type", "operation"])
        self.lookups = Counter("router_operation_cache_requests", "Lookups of ready operations.", ["cache", "outcome"])
        self.operation_hit = self.lookups.of("operation", "hit")
        self.operation_miss = self.lookups.of("operation", "miss")
        self.planning = Histogram("router_planning_duration_seconds", "Planning and compiling new operations.")
        self.plans_compared = Histogram(
            "router_planning_plans", "Complete plans built and compared for an operation that has a plan.", (), COUNTS
        )
        self.moves_examined = Histogram(
            "router_planning_moves", "Moves of the query graph examined for an operation that has a plan.", (), MANY
        )
        self.events = Counter("router_subscription_events", "Events delivered to clients.", ["protocol"])
        self.subscriptions_ended = Counter(
            "router_subscriptions_ended",
            "Subscriptions that are over, by who or what ended them.",
            ["protocol", "reason"],
        )
        self.rate_decisions = Counter(
            "router_rate_limit_decisions",
            "Requests by the limit they count against; unchecked or denied: Redis was away.",
            ["limit", "outcome"],
        )
        self.reloads = Counter("router_supergraph_reloads", "Attempts to replace the supergraph.", ["outcome"])
        self.registry = CollectorRegistry(auto_describe=False)
        for collector in (
            self.requests,
            self.phases,
            self.fetches,
            self.fetched_bytes,
            self.fetched_entities,
            self.errors,
            self.operations,
            self.lookups,
            self.planning,
            self.plans_compared,
            self.moves_examined,
            self.events,
            self.subscriptions_ended,
            self.rate_decisions,
            self.reloads,
        ):
            self.registry.register(collector)
        self.gauge("router_http_requests_in_flight", "Requests being answered.", lambda: self.in_flight)
        self.gauge("router_event_loop_lag_seconds", "How late the event loop last woke up.", lambda: self.loop_lag)

    def gauge(self, name: str, documentation: str, read: Callable[[], float]) -> None:
        """Expose a value that is read when asked for."""
        self.registry.register(Gauge(name, documentation, lambda: {(): read()}))

    def gauge_by(
        self, name: str, documentation: str, read: Callable[[], dict[tuple[str, ...], float]], labels: Sequence[str]
    ) -> None:
        """Expose values per label, read when asked for."""
        self.registry.register(Gauge(name, documentation, read, labels))

    def count_fetches(self, records: Iterable[FetchRecord]) -> None:
        """Count exchanges with subgraphs, those of many requests at once."""
        seconds: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        entities: defaultdict[str, list[float]] = defaultdict(list)
        received: defaultdict[str, int] = defaultdict(int)
        for record in records:
            service, status = record.service, record.status
            outcome = "answered" if 0 < status < 400 else "http_error" if status else "failed"
            seconds[service, outcome].append(record.duration)
            received[service] += record.response_bytes
            if record.entities:
                entities[service].append(record.entities)
        for labels, durations in seconds.items():
            self.fetches.of(*labels).observe_all(durations)
        for service, size in received.items():
            self.fetched_bytes.of(service).value += size
        for service, counts in entities.items():
            self.fetched_entities.of(service).observe_all(counts)

    def phase(self, name: str) -> Series:
        """The series of one stage."""
        return self.phases.of(name)

    def count_error(self, code: object) -> None:
        """Count one error of an answer. Codes come from subgraphs too, so only the first hundred keep their names."""
        name = code if isinstance(code, str) else "NONE"
        if name not in self._codes:
            if len(self._codes) >= _MAX_CODES:
                name = "OTHER"
            else:
                self._codes.add(name)
        self.errors.add((name,))

    def executed(self, operation: OperationDefinitionNode) -> Count:
        """How often operations of its type and name ran. Names are bounded: a registered one, or one of the buckets."""
        if operation.name is None:
            label = "anonymous"
        elif operation.name.value in self._registered:
            label = operation.name.value
        else:
            digest = blake2b(operation.name.value.encode(), digest_size=2).digest()
            label = f"bucket-{digest[0] % _NAME_BUCKETS:02d}"
        return self.operations.of(operation.operation.value, label)

    def render(self) -> bytes:
        """The page that Prometheus reads."""
        return generate_latest(self.registry)
