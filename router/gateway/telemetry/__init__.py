"""What the router tells its operator: metrics in Prometheus format, one JSON line per request, event loop lag.

Labels are bounded: operation names only when they are registered, otherwise one of 32 buckets.

- ``series``: counters and histograms that cost a fraction of a microsecond
- ``metrics``: the metrics of the router and their names
- ``access_log``: the line per request; ``entries``: what stands in it
- ``lag``: how late the event loop is
"""

from router.gateway.telemetry.access_log import AccessLog
from router.gateway.telemetry.metrics import Metrics

__all__ = ["AccessLog", "Metrics"]
