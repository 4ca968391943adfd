"""What a room's database costs and has left: waits for a connection, time of statements, slow ones (S-092, S-093).

A slow statement is logged with its text, which is a constant of the sources; its parameters are never shown (D29).
"""

from __future__ import annotations

import logging
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

logger = logging.getLogger("stoa.database")

SLOW_SECONDS: Final = 1.0
_SHOWN = 500
_WAITS = (0.0001, 0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 2.0, 5.0)
_TIMES = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class DatabaseMetrics:
    """One room's; ``statements`` counts queries per second as the rate of its count."""

    def __init__(self, room: str, registry: CollectorRegistry, slow_seconds: float = SLOW_SECONDS) -> None:
        self._room = room
        self._slow_seconds = slow_seconds
        self._states = {"active", "idle", "idle in transaction"}
        self.pool_size = Gauge("stoa_pool_connections", "Open database connections", registry=registry)
        self.pool_idle = Gauge("stoa_pool_idle_connections", "Idle database connections", registry=registry)
        self.pool_wait = Histogram(
            "stoa_pool_wait_seconds", "Wait for a connection that was given", registry=registry, buckets=_WAITS
        )
        self.pool_refused = Counter(
            "stoa_pool_refused_total", "Waits for a connection that ended without one", registry=registry
        )
        self.connections = Gauge(
            "stoa_database_connections",
            "Connections of the database server to this database, of all processes",
            ("state",),
            registry=registry,
        )
        self.statements = Histogram(
            "stoa_sql_statement_seconds", "Time of SQL statements, answered or not", registry=registry, buckets=_TIMES
        )
        self.slow = Counter(
            "stoa_sql_slow_statements_total", f"SQL statements of more than {SLOW_SECONDS:g} s", registry=registry
        )

    def ran(self, sql: str, seconds: float) -> None:
        """A statement was answered, or given up."""
        self.statements.observe(seconds)
        if seconds > self._slow_seconds:
            self.slow.inc()
            logger.warning("%s: a statement took %.3f s: %s", self._room, seconds, " ".join(sql.split())[:_SHOWN])

    def count_connections(self, states: dict[str, int]) -> None:
        """How many connections are in each state now; a state that has none any more is 0."""
        self._states |= states.keys()
        for state in self._states:
            self.connections.labels(state).set(states.get(state, 0))
