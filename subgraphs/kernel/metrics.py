"""One room's Prometheus metrics, in a registry of its own so that six rooms can share a process."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from subgraphs.kernel.database_metrics import DatabaseMetrics


class RoomMetrics:
    """Counters that the kernel keeps for every room; a room may register more in ``registry``."""

    def __init__(self, room: str) -> None:
        self.room = room
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "stoa_subgraph_requests_total", "GraphQL requests", ("outcome",), registry=self.registry
        )
        self.duration = Histogram(
            "stoa_subgraph_request_seconds", "Time to answer a GraphQL request", registry=self.registry
        )
        self.statements = Counter(
            "stoa_subgraph_sql_statements_total", "SQL statements of GraphQL requests", registry=self.registry
        )
        self.streams = Gauge("stoa_subgraph_subscriptions_open", "Subscriptions under way", registry=self.registry)
        self.followers = Gauge(
            "stoa_subgraph_subscriptions_following", "Subscriptions that hear events by now", registry=self.registry
        )
        self.events = Counter(
            "stoa_subgraph_subscription_events_total", "Events sent to subscribers", registry=self.registry
        )
        self.published = Counter("stoa_outbox_published_total", "Events written to the stream", registry=self.registry)
        self.republished = Counter(
            "stoa_outbox_republished_total", "Events published again because Redis lost them", registry=self.registry
        )
        self.consumed = Counter(
            "stoa_events_consumed_total", "Events taken from streams", ("type", "outcome"), registry=self.registry
        )
        self.unpublished = Gauge("stoa_outbox_unpublished", "Events that wait for the relay", registry=self.registry)
        self.oldest_unpublished = Gauge(
            "stoa_outbox_oldest_unpublished_seconds", "Age of the event that waits longest", registry=self.registry
        )
        self.lag = Gauge("stoa_events_lag", "Entries not yet taken", ("stream",), registry=self.registry)
        self.pending = Gauge("stoa_events_pending", "Entries not acknowledged", ("stream",), registry=self.registry)
        self.database = DatabaseMetrics(room, self.registry)

    def exposition(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self.registry)
