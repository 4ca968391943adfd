"""How late the event loop is: what a Python service suffers from first when it is overloaded."""

from __future__ import annotations

import asyncio

from router.gateway.telemetry.metrics import Metrics

__all__ = ["watch_loop_lag"]

_PERIOD = 0.5


async def watch_loop_lag(metrics: Metrics) -> None:
    """Keep ``metrics.loop_lag`` current until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _PERIOD
        await asyncio.sleep(_PERIOD)
        metrics.loop_lag = max(0.0, loop.time() - due)
