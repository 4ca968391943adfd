"""How long order keeps what (D45)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from subgraphs.kernel.partitions import Partitioned
from subgraphs.kernel.upkeep import Retention, Upkeep

UPKEEP: Final = Upkeep(
    partitioned=(Partitioned("order_status_history", months=60),),
    retention=(
        Retention("shopping_carts", "updated_at", timedelta(days=180)),
        # An order without a saga is one that was imported. One that still waits keeps it, however it ended: that the
        # two contradict each other is what a reconciliation has to find.
        Retention(
            "checkout_sagas",
            "updated_at",
            timedelta(days=90),
            "step IN ('confirmed', 'failed') AND next_run_at IS NULL AND NOT EXISTS ("
            "SELECT FROM orders o WHERE o.id = checkout_sagas.order_id AND o.status = 'pending')",
        ),
    ),
    kept={
        "orders": "the books; erasure takes the person out of them",
        "order_items": "the books",
    },
)
