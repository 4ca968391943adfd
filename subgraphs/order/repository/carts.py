"""Baskets: batch reads, and edits under the cart's row lock (S-037)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from subgraphs.order.domain.cart import Line
from subgraphs.order.domain.records import CartRecord
from subgraphs.order.tables import DB

_COLUMNS = "id, user_id, items, version, updated_at"


async def carts_by_id(ids: Sequence[UUID]) -> dict[UUID, CartRecord]:
    """The carts with these ids."""
    rows = await DB.fetch(f"SELECT {_COLUMNS} FROM shopping_carts WHERE id = ANY($1)", ids)
    return {row["id"]: _cart(row) for row in rows}


async def carts_by_user(user_ids: Sequence[UUID]) -> dict[UUID, CartRecord]:
    """The carts of these users, by user; absent until the first product was added."""
    rows = await DB.fetch(f"SELECT {_COLUMNS} FROM shopping_carts WHERE user_id = ANY($1)", user_ids)
    return {row["user_id"]: _cart(row) for row in rows}


async def lock_cart(user_id: UUID) -> CartRecord | None:
    """The user's cart, locked until the transaction ends."""
    row = await DB.fetch_row(f"SELECT {_COLUMNS} FROM shopping_carts WHERE user_id = $1 FOR UPDATE", user_id)
    return None if row is None else _cart(row)


async def lock_or_create_cart(user_id: UUID) -> CartRecord:
    """Like ``lock_cart``, but an empty cart comes into being when there is none.

    The upsert's no-op update takes the row lock in the same statement, so that parallel first additions queue up.
    """
    row = await DB.fetch_row(
        f"""
        INSERT INTO shopping_carts (user_id) VALUES ($1)
        ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id
        RETURNING {_COLUMNS}
        """,
        user_id,
    )
    return _cart(row)


async def save_lines(cart_id: UUID, lines: Sequence[Line]) -> CartRecord:
    """Replace the lines and raise the version; the caller holds the row lock."""
    row = await DB.fetch_row(
        f"UPDATE shopping_carts SET items = $2, version = version + 1 WHERE id = $1 RETURNING {_COLUMNS}",
        cart_id,
        [_stored(line) for line in lines],
    )
    return _cart(row)


async def empty_cart(user_id: UUID, version: int) -> bool:
    """Empty the cart if it still has this version; False when it has changed meanwhile."""
    touched = await DB.execute(
        "UPDATE shopping_carts SET items = '[]', version = version + 1 WHERE user_id = $1 AND version = $2",
        user_id,
        version,
    )
    return touched == 1


def _cart(row: Mapping[str, Any]) -> CartRecord:
    return CartRecord(
        id=row["id"],
        user_id=row["user_id"],
        lines=tuple(_line(item) for item in row["items"]),
        version=row["version"],
        updated_at=row["updated_at"],
    )


def _line(item: Mapping[str, Any]) -> Line:
    return Line(UUID(item["product_id"]), item["quantity"], datetime.fromisoformat(item["added_at"]))


def _stored(line: Line) -> dict[str, object]:
    return {"product_id": str(line.product_id), "quantity": line.quantity, "added_at": line.added_at.isoformat()}
