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
    facts: Mapping[str, Any] = field(default_factory=dict)


class ProviderUnavailable(Unavailable):
    """The provider could not be reached or did not answer in time: whether it acted is unknown."""


class ProviderRefused(Refusal):
    """The provider understood and refused: unknown token, wrong state, wrong amount; ``code`` is its own."""

    code = "PROVIDER_REFUSED"


class PaymentProvider(Protocol):
    """An adapter; raises ProviderUnavailable and ProviderRefused from every call."""

    name: str

    async def describe(self, token: str) -> MethodDetails:
        """What stands behind a one-time token or a stored one."""

    async def store(self, token: str) -> str:
        """Turn a one-time token into a reusable one."""

    async def authorize(self, token: str, amount: Decimal, currency: str, order_id: str, key: str) -> Charge:
        """Hold the amount; a decline is an answer, not an exception."""

    async def capture(self, reference: str, amount: Decimal, currency: str, key: str) -> Charge:
        """Take at most what is held."""

    async def void(self, reference: str, key: str) -> Charge:
        """Let go what is held."""

    async def refund(self, reference: str, amount: Decimal, currency: str, key: str) -> str:
        """Give back part or all of what was taken; answers the refund's reference."""
