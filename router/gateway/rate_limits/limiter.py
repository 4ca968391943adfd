"""Whether a request may go on."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from math import ceil
from typing import TYPE_CHECKING, NamedTuple, Protocol

from router.gateway.client_address import address_reader, network_of
from router.gateway.config import RateLimitsConfig
from router.gateway.errors import RequestError
from router.gateway.rate_limits.classes import Charge, Limit
from router.gateway.rate_limits.refusals import Refusals
from router.gateway.telemetry import Metrics

if TYPE_CHECKING:
    from router.gateway.request import RequestState

__all__ = ["RateLimiter", "Store"]

_MICROSECONDS = 1_000_000
_NOWHERE = "nowhere"
"""Stands for every request of which no address is known: one that gets past the proxies must not get past the limit."""


class Store(Protocol):
    """Where is counted; see ``RateStore``."""

    @property
    def is_resting(self) -> bool: ...

    def ask(self, keys: list[str], arguments: list[int]) -> Awaitable[Sequence[int] | None]: ...

    async def close(self) -> None: ...


class _Counted(NamedTuple):
    """A charge and the limit that holds for who asks."""

    name: str
    key: str
    limit: Limit
    cost: int

    @property
    def others(self) -> int:
        """What the charge takes of the time beyond one operation."""
        return (self.cost - 1) * self.limit.interval


class RateLimiter:
    """Admits requests or refuses them with ``RATE_LIMITED`` (429, RFC 6585 §4), and counts what it decided.

    A refusal has ``Retry-After``, and the fields of the IETF draft "RateLimit header fields for HTTP".
    """

    def __init__(self, config: RateLimitsConfig, store: Store, trusted_proxies: int, metrics: Metrics) -> None:
        self._store = store
        self._prefix = config.prefix
        self._deny = config.on_redis_down == "deny"
        self._address = address_reader(trusted_proxies)
        self._refusals = Refusals()
        self._decisions = metrics.rate_decisions

    def admit(self, request: RequestState) -> Awaitable[None] | None:
        """A stage behind ``identify`` and before anything is planned: count the operation.

        Raises ``RequestError``: 429 when one of its limits is reached, and then it counts in none; 503 when Redis is
        away and the configuration says so. One question to Redis for all its limits, and none while Redis rests.
        """
        counted = [self._counted(request, charge) for charge in request.found.charges]
        if self._store.is_resting:
            self._decide(counted, None)
            return None
        for each in counted:
            if each.cost > each.limit.operations:
                self._decisions.add((each.name, "refused"))
                raise _never(each)
            if (wait := self._refusals.wait(each.key)) > 0:
                self._decisions.add((each.name, "refused"))
                raise _refusal(each, wait + each.others)
        return self._count(counted)

    async def close(self) -> None:
        """Close connections."""
        await self._store.close()

    async def _count(self, counted: list[_Counted]) -> None:
        keys: list[str] = []
        arguments: list[int] = []
        for each in counted:
            keys.append(each.key)
            arguments += (each.limit.interval, each.limit.burst, each.cost)
        self._decide(counted, await self._store.ask(keys, arguments))

    def _counted(self, request: RequestState, charge: Charge) -> _Counted:
        """The charge under the limit and the key of who asks."""
        rates, subject = charge.rates, request.caller.subject
        if subject is not None and rates.caller is not None:
            return _Counted(rates.name, f"{self._prefix}{rates.name}:caller:{subject}", rates.caller, charge.cost)
        address = self._address(request.scope, request.headers)
        network = _NOWHERE if address is None else network_of(address)
        return _Counted(rates.name, f"{self._prefix}{rates.name}:address:{network}", rates.address, charge.cost)

    def _decide(self, counted: list[_Counted], waits: Sequence[int] | None) -> None:
        if waits is None:
            for each in counted:
                self._decisions.add((each.name, "denied" if self._deny else "unchecked"))
            if self._deny:
                raise RequestError(
                    503,
                    "SERVICE_UNAVAILABLE",
                    "Rates cannot be checked at the moment.",
                    headers=((b"retry-after", b"1"),),
                )
            return
        wait = max(waits)
        if wait > 0:
            self._remember(counted, waits)
            refusing = counted[waits.index(wait)]
            self._decisions.add((refusing.name, "refused"))
            raise _refusal(refusing, wait)
        for each in counted:
            self._decisions.add((each.name, "allowed"))

    def _remember(self, counted: list[_Counted], waits: Sequence[int]) -> None:
        for each, wait in zip(counted, waits, strict=True):
            if wait > each.others:
                self._refusals.note(each.key, wait - each.others)


def _never(counted: _Counted) -> RequestError:
    """An operation that no waiting will help."""
    return _limited(
        f"This operation counts {counted.cost} times against a limit of {counted.limit.operations}. Send it in parts.",
        counted,
        ceil(counted.limit.seconds),
        counted.limit.operations,
    )


def _refusal(counted: _Counted, wait: int) -> RequestError:
    seconds = ceil(wait / _MICROSECONDS)
    left = (counted.cost * counted.limit.interval - wait) // counted.limit.interval
    return _limited(f"Too many requests of this kind. Try again in {seconds} s.", counted, seconds, left)


def _limited(message: str, counted: _Counted, seconds: int, left: int) -> RequestError:
    """Clients of WebSockets get no headers, so the error says all."""
    name, limit = counted.name, counted.limit
    extensions = {"code": "RATE_LIMITED", "limit": name, "retryAfterSeconds": seconds}
    return RequestError(
        429,
        "RATE_LIMITED",
        message,
        headers=(
            (b"retry-after", b"%d" % seconds),
            (b"ratelimit-policy", b'"%b";q=%d;w=%d' % (name.encode(), limit.operations, ceil(limit.seconds))),
            (b"ratelimit", b'"%b";r=%d;t=%d' % (name.encode(), left, seconds)),
        ),
        errors=[{"message": message, "extensions": extensions}],
    )
