"""Outages: what a loop that runs beside requests waits out, told apart from what nobody expects.

Such a loop outlives both: one that ended would leave its work undone until the next start, in a service that looks
well.
"""

from __future__ import annotations

from typing import Final

import asyncpg
from redis.exceptions import RedisError

from subgraphs.kernel.refusals import Unavailable

OUTAGES: Final = (RedisError, Unavailable, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


def unexpected(error: Exception) -> Exception | None:
    """The error when it is no outage, for its traceback to be logged."""
    return None if isinstance(error, OUTAGES) else error
