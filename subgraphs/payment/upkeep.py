"""How long payment keeps what (D45)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from subgraphs.kernel.upkeep import Retention, Upkeep

UPKEEP: Final = Upkeep(
    retention=(
        # The provider repeats an event for days, not weeks; a copy of an old one is refused for its age alone.
        Retention("provider_messages", "created_at", timedelta(days=30)),
    ),
    kept={
        "payments": "the books of a shop, which the law wants kept; erasure takes what they show of the card",
        "payment_attempts": "what the provider knows a payment by, as long as the payment is in the books",
        "refunds": "the books of a shop, which the law wants kept",
        "payment_methods": "until its owner removes it; then until the provider has forgotten it",
    },
)
