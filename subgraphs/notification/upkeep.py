"""How long notification keeps what (D45)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from subgraphs.kernel.partitions import Partitioned
from subgraphs.kernel.upkeep import Retention, Upkeep

_YEARS_KEPT = 2

UPKEEP: Final = Upkeep(
    partitioned=(
        Partitioned("notifications", months=12 * _YEARS_KEPT),
        Partitioned("notification_logs", months=12 * _YEARS_KEPT),
    ),
    retention=(Retention("order_contacts", "created_at", timedelta(days=365 * _YEARS_KEPT)),),
    kept={
        "notification_templates": "what staff wrote; deleted ones can be restored",
        "recipients": "until the account is erased, then an empty row that no late event can fill",
    },
)
