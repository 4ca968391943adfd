"""Contacts of orders: the projection of the addresses that they were placed with."""

from __future__ import annotations

from uuid import UUID

from subgraphs.notification.tables import DB


async def save_contact(order_id: UUID, user_id: UUID, email: str) -> bool:
    """Keep where to write about an order; False when that was known, or its buyer is erased. It never changes."""
    new = await DB.fetch_value(
        """
        INSERT INTO order_contacts (order_id, user_id, email)
        SELECT $1, $2, $3
        WHERE NOT EXISTS (SELECT 1 FROM recipients WHERE user_id = $2 AND account_at = 'infinity')
        ON CONFLICT (order_id) DO NOTHING RETURNING true
        """,
        order_id,
        user_id,
        email,
    )
    return new is True


async def forget_contacts(user_id: UUID) -> None:
    """Erase where a person's orders were written to."""
    await DB.execute("DELETE FROM order_contacts WHERE user_id = $1", user_id)
