"""What other rooms' events do here: a guest who signs in or registers takes the guest's cart along (D16)."""

from __future__ import annotations

from uuid import UUID

from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.events import Event, Listens
from subgraphs.order.service.carts import merge_carts


async def on_guest_identified(event: Event, room: RunningRoom) -> None:
    """Needs ``user_id``, and ``guest_id`` when there was a guest; merging again moves nothing."""
    guest_id = event.payload.get("guest_id")
    if guest_id is not None:
        await merge_carts(UUID(event.payload["user_id"]), UUID(guest_id))


LISTENS = (
    Listens("auth", "user.guest_linked", on_guest_identified),
    Listens("auth", "user.registered", on_guest_identified),
)
