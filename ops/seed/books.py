"""The simulator's books for the demo shop: it must know the money of the seeded payments to give any of it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg

from subgraphs.kernel.settings import DatabaseSettings
from subgraphs.payment.intents import minor_units
from subgraphs.payment.simulator import Books

__all__ = ["seed_books"]

_PAID = """
SELECT p.transaction_id, p.currency, p.amount, p.captured_amount, p.refunded_amount, p.created_at, a.id AS attempt_id,
       p.order_id
FROM payments p JOIN payment_attempts a ON a.payment_id = p.id AND a.status = 'completed'
WHERE p.captured_amount > 0 AND p.transaction_id IS NOT NULL
"""


async def seed_books(payment: DatabaseSettings, path: Path) -> int:
    """Enter every captured payment that is in the database; answers how many."""
    connection: Any = await asyncpg.connect(**payment.connect_arguments(), timeout=10)
    books, count = Books(path), 0
    try:
        async with connection.transaction():
            async for row in connection.cursor(_PAID, prefetch=1000):
                books.put_intent(_intent(row))
                count += 1
        books.commit()
    finally:
        books.close()
        await connection.close()
    return count


def _intent(row: Any) -> dict[str, Any]:
    units = {name: minor_units(row[name], row["currency"]) for name in ("amount", "captured_amount", "refunded_amount")}
    return {
        "id": row["transaction_id"],
        "object": "payment_intent",
        "amount": units["amount"],
        "amount_capturable": 0,
        "amount_received": units["captured_amount"],
        "amount_refunded": units["refunded_amount"],
        "currency": row["currency"].lower(),
        "status": "succeeded",
        "payment_method": "tok_visa",
        "metadata": {"order_id": str(row["order_id"]), "attempt_id": str(row["attempt_id"])},
        "created": int(row["created_at"].timestamp()),
    }
