"""Stock for orders: hold, commit, release (shop.md §5 steps 1, 5 and compensation; D40).

Every operation may be repeated: it finds the order's hold in some state and answers what that state means. All of them
lock the order first and then its products in the order of their ids.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.events import Event
from subgraphs.kernel.idempotency import close, is_closed
from subgraphs.kernel.outages import unexpected
from subgraphs.kernel.outbox import write_events
from subgraphs.product.domain import stock as rules
from subgraphs.product.domain.catalog import LOW_STOCK
from subgraphs.product.domain.stock import Line, Reservation, State, Stocked
from subgraphs.product.repository import reservations
from subgraphs.product.service.watching import tell_changed
from subgraphs.product.tables import DB

logger = logging.getLogger("stoa.product.stock")

_SWEEP_SECONDS = 5.0
_SWEEP_LINES = 500


async def reserve(order_id: UUID, lines: Iterable[tuple[UUID, int]], ttl_seconds: int) -> Reservation:
    """Hold all units or none; a repetition answers the hold there is, with the prices quoted then."""
    wanted = rules.wanted_quantities(lines)
    rules.check_ttl(ttl_seconds)
    async with DB.transaction():
        await reservations.lock_order(order_id)
        stocked = await reservations.lock_products(list(wanted))
        known = await reservations.lines_of(order_id)
        state = rules.state_of(known)
        if state is not State.NONE:
            rules.check_same_lines(known, wanted)
        elif await is_closed(DB, order_id):
            return Reservation(False, State.RELEASED)
        if state in (State.HELD, State.COMMITTED):
            return Reservation(True, state, known)
        if state is State.RELEASED:
            return Reservation(False, state, known)
        freed = 0
        if state is State.EXPIRED or rules.shortages(wanted, stocked):
            freed = await reservations.expire_overdue(list(wanted))  # others' units, and what this order itself keeps
            stocked = await reservations.lock_products(list(wanted))
        missing = rules.shortages(wanted, stocked)
        if missing:
            await tell_changed(wanted if freed else (), f"order:{order_id}")
            return Reservation(False, State.OUT_OF_STOCK, shortages=missing)
        deadline = await reservations.hold(order_id, wanted, ttl_seconds)
        await tell_changed(wanted, f"order:{order_id}")
        return Reservation(True, State.HELD, rules.held_lines(wanted, stocked, deadline))


async def commit(order_id: UUID) -> Reservation:
    """Held units leave the stock; EXPIRED when the hold ran out, and the caller may reserve again."""
    async with DB.transaction():
        await reservations.lock_order(order_id)
        stocked = await reservations.lock_products_of(order_id)
        known = await reservations.lines_of(order_id)
        state = rules.state_of(known)
        if state is State.EXPIRED:
            await reservations.end(order_id, "expired")
            await tell_changed(stocked, f"order:{order_id}")
        if state is not State.HELD:
            return Reservation(state is State.COMMITTED, state, known)
        await reservations.commit(order_id)
        await _tell_low_stock(known, stocked)
        return Reservation(True, State.COMMITTED, known)


async def _tell_low_stock(sold: Sequence[Line], stocked: Mapping[UUID, Stocked]) -> None:
    events = [
        Event(
            "stock.low",
            f"product:{line.product_id}",
            {"product_id": str(line.product_id), "sku": line.sku, "name": line.name, "stock": left},
        )
        for line in sold
        if rules.ran_low(stocked[line.product_id], line.quantity, LOW_STOCK)
        for left in (stocked[line.product_id].stock - line.quantity,)
    ]
    if events:
        await write_events(DB, *events)


async def release(order_id: UUID, reason: str) -> Reservation:
    """Give the hold up for good: held units are free again, committed ones return to the stock.

    Without a hold the order is closed: the request for one may still be under way, and must find that it is too late.
    """
    async with DB.transaction():
        await reservations.lock_order(order_id)
        stocked = await reservations.lock_products_of(order_id)
        known = await reservations.lines_of(order_id)
        state = rules.state_of(known)
        if state is State.NONE:
            await close(DB, order_id)
        if state in (State.NONE, State.RELEASED):
            return Reservation(True, state, known)
        await reservations.end(order_id, "released", reason.replace("\x00", "")[: rules.MAX_REASON])
        await tell_changed(stocked, f"order:{order_id}")
        return Reservation(True, State.RELEASED, known)


async def sweep() -> int:
    """Give overdue holds back; answers how many lines ran out."""
    products = await reservations.overdue_products(_SWEEP_LINES)
    if not products:
        return 0
    async with DB.transaction():
        await reservations.lock_products(products)
        expired = await reservations.expire_overdue(products)
        await tell_changed(products if expired else (), "stock:overdue")
        return expired


async def sweep_overdue_holds(room: RunningRoom) -> None:
    """The room's worker: sweep until cancelled."""
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        try:
            expired = await sweep()
        except Exception as error:
            logger.warning("%s: overdue holds stay for now: %s", room.name, error, exc_info=unexpected(error))
        else:
            if expired:
                logger.info("%s: %d overdue lines were given back", room.name, expired)
