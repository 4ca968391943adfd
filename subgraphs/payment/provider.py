"""The payment provider as this room needs it: what an adapter offers, and what it answers.

Every call that moves money takes an idempotency key: repeating it under the same key repeats the answer, not the
effect. ``ProviderUnavailable`` means that the outcome is unknown. Amounts are exact decimals; an adapter converts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol

from subgraphs.kernel.refusals import Refusal, Unavailable
from subgraphs.payment.domain import MethodDetails


class ChargeState(Enum):
    """What became of a charge at the provider."""

    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    VOIDED = "voided"
    DECLINED = "declined"
    PROCESSING = "processing"
    REQUIRES_ACTION = "requires_action"


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge as the provider last described it; ``facts`` are harmless fields worth keeping."""

    reference: str
    state: ChargeState
    decline_code: str | None = None
    action_url: str | None = None
    captured: Decimal | None = None  # what was taken, once the state is CAPTURED
    refunded: Decimal | None = None  # what was given back of it so far, by whomever; None in news, which do not tell
    facts: Mapping[str, Any] = field(default_factory=dict)


class GivenBackState(Enum):
    """What became of a refund at the provider."""

    COMPLETED = "completed"
    PENDING = "pending"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A refund as the provider last described it; ``code`` says why it was refused."""

    reference: str
    state: GivenBackState
    code: str | None = None


@dataclass(frozen=True, slots=True)
class News:
    """A signed message of the provider: of a charge and its attempt, of a refund, or of nothing that matters here."""

    id: str
    type: str
    attempt: str | None = None  # the key of ``authorize`` that the charge was made under
    charge: Charge | None = None
    refund: str | None = None  # the key of ``refund`` that the money was given back under
    given_back: GivenBack | None = None


class ProviderUnavailable(Unavailable):
    """No answer, or none about the request: a failure, too many requests, a secret that is not known (any more).

    Whether this request acted may be unknown, and of an earlier one under its key it says nothing.
    """


class ProviderRefused(Refusal):
    """The provider understood and refused: unknown token, wrong state, wrong amount; ``code`` is its own."""

    code = "PROVIDER_REFUSED"


KEY_REUSED = "idempotency_key_reused"
"""Code of a refusal because another request arrived under the key before: what became of that is not said."""


class NewsRefused(Exception):  # noqa: N818
    """A message that is not the provider's (``forged``), is too old (``stale``) or cannot be read (``malformed``)."""

    def __init__(self, outcome: str, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome


class PaymentProvider(Protocol):
    """An adapter; its calls raise ProviderUnavailable and ProviderRefused."""

    name: str

    async def describe(self, token: str) -> MethodDetails:
        """What stands behind a one-time token or a stored one."""

    async def store(self, token: str, key: str) -> str:
        """Turn a one-time token into a reusable one, once per key."""

    async def forget(self, token: str) -> None:
        """Detach a stored token: nobody can charge it again. Refused for one that is not known (any more)."""

    async def authorize(self, token: str, amount: Decimal, currency: str, order_id: str, key: str) -> Charge:
        """Hold the amount; a decline is an answer, not an exception."""

    async def find(self, key: str, reference: str | None) -> Charge | None:
        """The charge that was authorised under ``key``, and what was refunded; None when it is not known (yet)."""

    async def capture(self, reference: str, amount: Decimal, currency: str, key: str) -> Charge:
        """Take at most what is held."""

    async def void(self, reference: str, key: str) -> Charge:
        """Let go what is held."""

    async def refund(self, reference: str, amount: Decimal, currency: str, key: str) -> GivenBack:
        """Give back part or all of what was taken."""

    async def find_refund(self, reference: str) -> GivenBack:
        """What became of a refund that was pending."""

    async def refund_under(self, key: str, charge: str) -> GivenBack | None:
        """The refund of a charge that was asked for under ``key``; None when there is none."""

    async def refunds_of(self, charge: str) -> list[GivenBack]:
        """The latest refunds of a charge, at most as many as the provider lists at once."""

    def news(self, body: bytes, headers: Mapping[str, str]) -> News:
        """Read a message; raises NewsRefused unless it is signed by the provider and recent."""

    async def aclose(self) -> None:
        """Close the connections."""
