"""Edits of a basket under its row lock, so that parallel edits queue up and none is lost (S-037, D16).

What enters a cart is asked of the product service first, outside the transaction: a cart never holds a product that
the catalog does not know. While that service is away, edits that need its word are refused ``SERVICE_UNAVAILABLE``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from subgraphs.kernel.refusals import Conflict, Missing, Refusal, Unavailable
from subgraphs.order.domain.cart import Line, Merged, add_line, merge_lines, set_line
from subgraphs.order.domain.records import CartRecord
from subgraphs.order.peers import Siblings
from subgraphs.order.repository import carts, orders
from subgraphs.order.tables import DB


async def add_to_cart(user_id: UUID, product_id: UUID, quantity: int, siblings: Siblings) -> CartRecord:
    """``quantity`` more units of the product; the cart comes into being with its first line. Missing unless on sale."""
    now = datetime.now(UTC)
    await _require_on_sale(product_id, quantity, siblings)
    return await _edit(user_id, None, lambda lines: add_line(lines, product_id, quantity, now))


async def set_cart_line(
    user_id: UUID, product_id: UUID, quantity: int, version: int | None, siblings: Siblings
) -> CartRecord:
    """Exactly ``quantity`` units, 0 removes the line whatever the product has become; Missing unless on sale.

    Conflict ``CART_CHANGED`` when ``version`` is not the cart's.
    """
    now = datetime.now(UTC)
    await _require_on_sale(product_id, quantity, siblings)
    return await _edit(user_id, version, lambda lines: set_line(lines, product_id, quantity, now))


async def clear_cart(user_id: UUID) -> CartRecord:
    """No lines; clearing an empty cart changes nothing."""
    return await _edit(user_id, None, lambda _: ())


async def reorder(user_id: UUID, order_id: UUID, siblings: Siblings) -> CartRecord:
    """Everything in one of the user's orders once more in the cart, all or nothing; Missing, or Invalid beyond a cap.

    What is no longer sold comes along too: the cart's warnings say so, and checkout refuses it. What the catalog has
    lost altogether stays out, and Missing when nothing else was ordered.
    """
    order = (await orders.orders_by_id([order_id])).get(order_id)
    if order is None or order.user_id != user_id:
        raise Missing("There is no such order.", path=["orderId"])
    items = [item for _, item in await orders.items_by_order([order_id])]
    known = await _catalog([item.product_id for item in items], siblings)
    kept = [item for item in items if item.product_id in known]
    if not kept:
        raise Missing("The shop no longer knows any of these products.", code="NO_LONGER_SOLD", path=["orderId"])
    now = datetime.now(UTC)

    def add_all(lines: Sequence[Line]) -> Sequence[Line]:
        for item in kept:
            lines = add_line(lines, item.product_id, item.quantity, now)
        return lines

    return await _edit(user_id, None, add_all)


async def merge_carts(user_id: UUID, guest_id: UUID) -> tuple[CartRecord, Merged]:
    """Move the guest's lines into the user's cart; repeating it finds the guest's cart empty and moves nothing."""
    async with DB.transaction():
        own = await carts.lock_or_create_cart(user_id)
        guest = await carts.lock_cart(guest_id)
        merged = merge_lines(own.lines, guest.lines if guest else ())
        if guest is None or not guest.lines:
            return own, merged
        await carts.save_lines(guest.id, ())
        return await carts.save_lines(own.id, merged.lines), merged


async def _edit(user_id: UUID, version: int | None, change: Callable[[Sequence[Line]], Sequence[Line]]) -> CartRecord:
    async with DB.transaction():
        cart = await carts.lock_or_create_cart(user_id)
        if version is not None and version != cart.version:
            raise Conflict(
                "The cart has changed meanwhile.",
                code="CART_CHANGED",
                path=["cartVersion"],
                current_version=cart.version,
            )
        lines = tuple(change(cart.lines))
        return cart if lines == cart.lines else await carts.save_lines(cart.id, lines)


async def _require_on_sale(product_id: UUID, quantity: int, siblings: Siblings) -> None:
    """Missing for a product that is not sold; a quantity below one needs no answer, the edit itself judges it."""
    if quantity > 0 and not (await _catalog([product_id], siblings)).get(product_id):
        raise Missing("There is no such product.", path=["productId"])


async def _catalog(product_ids: Sequence[UUID], siblings: Siblings) -> Mapping[UUID, bool]:
    try:
        return await siblings.catalog(product_ids)
    except Unavailable as error:
        raise Refusal("The catalog does not answer right now; the cart is unchanged.", code=Unavailable.code) from error
