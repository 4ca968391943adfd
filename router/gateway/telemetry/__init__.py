"""What the router tells its operator: metrics in Prometheus format, one JSON line per request, event loop lag.

Labels are bounded: operation names only when they are registered, otherwise one of 32 buckets.

- ``series``: counters and histograms that cost a fraction of a microsecond
- ``metrics``: the metrics of the router and their names
- ``report``: what is known of a request that is over; ``reports``: tells it later, together with others
- ``access_log``: the line per request
- ``lag``: how late the event loop is
"""

from router.gateway.telemetry.access_log import AccessLog
from router.gateway.telemetry.metrics import Metrics
from router.gateway.telemetry.report import report_of
from router.gateway.telemetry.reports import Reports

__all__ = ["AccessLog", "Metrics", "Reports", "report_of"]
