"""Taking a person out of orders, which stay with what the law wants kept: lines, sums, dates, the country."""

from __future__ import annotations

from uuid import UUID

from subgraphs.kernel.partitions import detached_partitions
from subgraphs.order.tables import DB

_CLOSED = "('delivered', 'cancelled')"
_EMPTY = """jsonb_build_object('recipient', NULL, 'street', '', 'street2', NULL, 'city', '', 'state', '',
                               'zip_code', '', 'country', {address} -> 'country', 'phone', NULL)"""


async def anonymise_closed_orders(user_id: UUID) -> list[UUID]:
    """Empty the addresses, contacts and notes of the user's orders that nothing more happens to; answers their ids."""
    rows = await DB.fetch(
        f"""
        UPDATE orders SET shipping_address = {_EMPTY.format(address="shipping_address")},
            billing_address = {_EMPTY.format(address="billing_address")},
            contact_email = NULL, notes = NULL, cancel_reason = NULL
        WHERE user_id = $1 AND status IN {_CLOSED} RETURNING id
        """,
        user_id,
    )
    ids = [row["id"] for row in rows]
    await DB.execute("LOCK TABLE order_status_history IN ROW EXCLUSIVE MODE")  # no month leaves it meanwhile
    for table in ("order_status_history", *await detached_partitions(DB, "order_status_history")):
        await DB.execute(
            f"""
            UPDATE {table} SET notes = NULL
            WHERE order_id = ANY ($1::uuid[]) AND notes IS NOT NULL AND actor_id = $2
            """,
            ids,
            user_id,
        )
    await DB.execute(
        """
        UPDATE checkout_sagas SET cancel_reason = NULL
        WHERE order_id = ANY ($1::uuid[]) AND cancel_reason IS NOT NULL
        """,
        ids,
    )
    return ids


async def has_open_orders(user_id: UUID) -> bool:
    """Whether an order of the user is still on its way, and its address needed."""
    found = await DB.fetch_value(
        f"SELECT true FROM orders WHERE user_id = $1 AND status NOT IN {_CLOSED} LIMIT 1", user_id
    )
    return found is True


async def delete_cart(user_id: UUID) -> None:
    """Remove the user's basket."""
    await DB.execute("DELETE FROM shopping_carts WHERE user_id = $1", user_id)
