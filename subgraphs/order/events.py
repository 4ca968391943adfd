"""What other rooms' events do here: a guest who signs in takes the cart along (D16); a person can be forgotten."""

from __future__ import annotations

from uuid import UUID

from subgraphs.kernel.audit import forget_in_audit_log
from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.erasure import ERASED, acknowledge, concerns, forget_in_shared_tables
from subgraphs.kernel.events import Event, Listens
from subgraphs.order.repository import erasure
from subgraphs.order.service.carts import merge_carts
from subgraphs.order.tables import DB


async def on_guest_identified(event: Event, room: RunningRoom) -> None:
    """Needs ``user_id``, and ``guest_id`` when there was a guest; merging again moves nothing."""
    guest_id = event.payload.get("guest_id")
    if guest_id is not None:
        await merge_carts(UUID(event.payload["user_id"]), UUID(guest_id))


async def on_erased(event: Event, room: RunningRoom) -> None:
    """Take the person out of every order that is over, and answer auth once none is open any more."""
    if not concerns(event, room.name):
        return
    user_id = UUID(event.payload["user_id"])
    await erasure.delete_cart(user_id)
    orders = await erasure.anonymise_closed_orders(user_id)
    await forget_in_audit_log(DB, ["orders"], orders)
    if not await erasure.has_open_orders(user_id):
        await forget_in_shared_tables(DB, user_id)
        await acknowledge(DB, user_id)


LISTENS = (
    Listens("auth", ERASED, on_erased),
    Listens("auth", "user.guest_linked", on_guest_identified),
    Listens("auth", "user.registered", on_guest_identified),
)
