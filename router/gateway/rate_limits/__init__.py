"""How often each client may ask (S-005). Without configuration none of this runs, and nothing is waited for.

In order of control flow:

- ``classes``: which limits an operation counts against, found once per operation
- ``limiter``: whether a request may go on, whom it is counted for, and what a client reads that asked too often
- ``refusals``: who does not have to be asked for again
- ``store``: asks Redis for many requests at a time, and does without it while it is away
- ``script``: the rate algorithm as Redis runs it
"""

from __future__ import annotations

from router.gateway.config import GatewayConfig
from router.gateway.rate_limits.classes import Charge, RateClasses
from router.gateway.rate_limits.limiter import RateLimiter
from router.gateway.telemetry import Metrics

__all__ = ["Charge", "RateClasses", "RateLimiter", "rate_limiter"]


def rate_limiter(config: GatewayConfig, metrics: Metrics) -> RateLimiter | None:
    """The limiter as configured; None: nobody is limited."""
    limits = config.rate_limits
    if limits is None or not limits.enabled:
        return None
    from router.gateway.rate_limits.store import RateStore  # imports redis: as identity does, when it is needed

    return RateLimiter(limits, RateStore(limits), config.trusted_proxies, metrics)
