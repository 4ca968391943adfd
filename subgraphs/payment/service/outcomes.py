"""What the order service is told of a payment, and the provider that everything here is asked of."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from uuid import UUID

from subgraphs.payment.domain import AttemptRecord, PaymentStatus
from subgraphs.payment.provider import Charge, PaymentProvider, ProviderRefused, ProviderUnavailable

logger = logging.getLogger("stoa.payment")


@dataclass(frozen=True, slots=True)
class Outcome:
    """AUTHORIZED, CAPTURED, VOIDED, REFUNDED, DECLINED, PROCESSING, REQUIRES_ACTION, or NONE without a payment."""

    state: str
    payment_id: UUID | None = None
    decline_code: str | None = None
    next_action_url: str | None = None


@dataclass(frozen=True, slots=True)
class Teller:
    """The provider, and the trace in which it is asked."""

    provider: PaymentProvider
    traceparent: str | None = None

    async def look_up(self, attempt: AttemptRecord) -> Charge | None:
        """What the provider knows of an attempt; None while that cannot be learnt."""
        try:
            return await self.provider.find(str(attempt.id), attempt.provider_reference)
        except (ProviderUnavailable, ProviderRefused) as error:
            logger.warning("attempt %s stays in doubt: %s", attempt.id, error)
            return None


STATES = {
    PaymentStatus.PENDING: "PROCESSING",
    PaymentStatus.PROCESSING: "PROCESSING",
    PaymentStatus.AUTHORIZED: "AUTHORIZED",
    PaymentStatus.COMPLETED: "CAPTURED",
    PaymentStatus.FAILED: "DECLINED",
    PaymentStatus.VOIDED: "VOIDED",
    PaymentStatus.PARTIALLY_REFUNDED: "CAPTURED",
    PaymentStatus.REFUNDED: "REFUNDED",
}
